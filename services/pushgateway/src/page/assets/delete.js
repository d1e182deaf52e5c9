// Deleting a group, or all of them: never without a question.

const dialog = document.getElementById("confirm");
let task;

/** Asks, and on yes runs `action`, which returns a response. */
function ask({ question, yes, action, done, failure }) {
  task = { action, done, failure };
  document.getElementById("confirm-text").replaceChildren(...question);
  document.getElementById("confirm-yes").textContent = yes;
  document.getElementById("confirm-error").hidden = true;
  dialog.showModal();
}

/** The labels of a group as upstream names it, each value isolated from the direction of the others. */
function labelsOf(group) {
  const nodes = [];
  for (const label of group.querySelectorAll("summary > .labels .label")) {
    const isolated = (part) => {
      const bdi = document.createElement("bdi");
      bdi.textContent = label.querySelector(part).textContent;
      return bdi;
    };
    nodes.push(nodes.length ? ", " : "", isolated(".name"), '="', isolated(".value"), '"');
  }
  return nodes;
}

function askForGroup(group) {
  const labels = labelsOf(group);
  const named = labels.map((node) => node.textContent ?? node).join("");
  ask({
    question: ["Do you really want to delete all metrics of group {", ...labels, "}?"],
    yes: "Delete",
    action: () => fetch(new URL(`metrics/${group.dataset.path}`, base), { method: "DELETE" }),
    done: () => afterDeletion(group, `Deleted group {${named}}`),
    failure: "Deleting metric group failed",
  });
}

function askForAll() {
  ask({
    question: ["Do you really want to delete all metrics from all metric groups?"],
    yes: "Delete All",
    action: () => fetch(new URL("api/v1/admin/wipe", base), { method: "PUT" }),
    done: () => afterDeletion(null, "Deleted all groups"),
    failure: "Deleting all metric groups failed",
  });
}

/** Shows the groups that are left, and keeps the keyboard where it was: at the group that followed. */
async function afterDeletion(group, text) {
  const position = [...document.querySelectorAll(".group")].indexOf(group);
  if (!document.querySelector(".results")) {
    location.assign(base);
    return;
  }
  await show(new URL(location.href));
  say(text);
  const summaries = document.querySelectorAll(".group > details > summary");
  (summaries[Math.min(position, summaries.length - 1)] ?? form.q).focus();
}

document.getElementById("confirm-yes").addEventListener("click", async (event) => {
  const button = event.currentTarget;
  const { action, done, failure } = task;
  button.disabled = true;
  let problem;
  try {
    const response = await action();
    if (!response.ok) problem = (await response.text()).trim() || response.statusText;
  } catch (error) {
    problem = error.message;
  }
  button.disabled = false;
  if (problem === undefined) {
    dialog.close();
    await done();
    return;
  }
  const shown = document.getElementById("confirm-error");
  shown.textContent = `${failure}: ${problem}`;
  shown.hidden = false;
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.matches(".group > .delete")) askForGroup(button.parentElement);
  if (button?.id === "delete-all") askForAll();
});
