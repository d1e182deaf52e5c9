//! Users, roles and permissions; and times when they count.

use serde_json::{Value, json};

use super::{State, Step, bytes};

const ROLES: [&str; 6] = ["r0", "r1", "r2", "r3", "root", ""];
const USERS: [&str; 6] = ["u0", "u1", "u2", "u3", "root", ""];

impl State {
    pub(super) fn user(&mut self) -> String {
        let known = if self.random.chance(96) { 4 } else { 6 };
        self.random.one(&USERS[..known]).to_owned()
    }

    pub(super) fn role(&mut self) -> String {
        let known = if self.random.chance(94) { 4 } else { 6 };
        self.random.one(&ROLES[..known]).to_owned()
    }

    fn password(&mut self) -> String {
        self.random
            .one(&["", "p0", "p1", "p2", "a longer one"])
            .to_owned()
    }

    pub(super) fn auth(&mut self) -> Step {
        let (method, request): (&'static str, Value) = match self.random.below(24) {
            0 | 1 => return self.enable_auth(),
            2 | 3 => ("UserAdd", self.user_add()),
            4 => ("UserGet", json!({"name": self.user()})),
            5 => ("UserList", json!({})),
            6 => ("UserDelete", json!({"name": self.user()})),
            7 => (
                "UserChangePassword",
                json!({"name": self.user(), "password": self.password()}),
            ),
            8..11 => (
                "UserGrantRole",
                json!({"user": self.user(), "role": self.role()}),
            ),
            11 => (
                "UserRevokeRole",
                json!({"name": self.user(), "role": self.role()}),
            ),
            12 | 13 => ("RoleAdd", json!({"name": self.role()})),
            14 => ("RoleGet", json!({"role": self.role()})),
            15 => ("RoleList", json!({})),
            16 => ("RoleDelete", json!({"role": self.role()})),
            17..20 => ("RoleGrantPermission", self.permission()),
            20 => {
                let (key, end) = self.interval();
                let request =
                    json!({"role": self.role(), "key": bytes(key), "range_end": bytes(end)});
                ("RoleRevokePermission", request)
            }
            21 | 22 => {
                let name = self.user();
                let password = self.right_or_wrong(&name);
                ("Authenticate", json!({"name": name, "password": password}))
            }
            _ => ("AuthStatus", json!({})),
        };
        let method = AUTH
            .iter()
            .find(|name| name.ends_with(&format!("/{method}")))
            .expect("a method of auth");
        self.call(method, request)
    }

    fn user_add(&mut self) -> Value {
        let mut request = json!({"name": self.user(), "password": self.password()});
        match self.random.below(6) {
            0 => request["options"] = json!({"no_password": true}),
            1 => request["options"] = json!({}),
            _ => {}
        }
        request
    }

    fn permission(&mut self) -> Value {
        let (key, end) = self.interval();
        let mut request = json!({"name": self.role()});
        if self.random.chance(95) {
            request["perm"] = json!({
                "permType": self.random.one(&[0, 1, 2, 0, 1, 2, 5]),
                "key": bytes(key),
                "range_end": bytes(end),
            });
        }
        request
    }

    fn right_or_wrong(&mut self, name: &str) -> String {
        let right = self.passwords.iter().find(|(user, _)| user == name);
        match right {
            Some((_, password)) if self.random.chance(80) => password.clone(),
            _ => self.password(),
        }
    }

    /// Makes sure that there is a root who can turn it off again, then turns it on; often without, to be refused.
    fn enable_auth(&mut self) -> Step {
        let as_root = |method, request| Step::Call {
            method,
            request,
            user: Some("root".to_owned()),
        };
        let enable = as_root("etcdserverpb.Auth/AuthEnable", json!({}));
        if self.has_auth
            || self.random.chance(20) && !self.passwords.iter().any(|(name, _)| name == "root")
        {
            return enable;
        }
        self.due.push(as_root(
            "etcdserverpb.Auth/Authenticate",
            json!({"name": "root", "password": "p"}),
        ));
        self.due.push(enable);
        self.due.push(as_root(
            "etcdserverpb.Auth/UserGrantRole",
            json!({"user": "root", "role": "root"}),
        ));
        self.due.push(as_root(
            "etcdserverpb.Auth/RoleAdd",
            json!({"name": "root"}),
        ));
        self.due.push(as_root(
            "etcdserverpb.Auth/UserChangePassword",
            json!({"name": "root", "password": "p"}),
        ));
        let add = json!({"name": "root", "password": "p"});
        as_root("etcdserverpb.Auth/UserAdd", add)
    }

    pub(crate) fn disable_auth(&mut self) -> Step {
        let request = json!({});
        self.due.push(Step::Call {
            method: "etcdserverpb.Auth/AuthDisable",
            request,
            user: Some("root".to_owned()),
        });
        let password = self.passwords.iter().find(|(name, _)| name == "root");
        let password = password.map_or("p", |(_, password)| password.as_str());
        Step::Call {
            method: "etcdserverpb.Auth/Authenticate",
            request: json!({"name": "root", "password": password}),
            user: None,
        }
    }
}

const AUTH: [&str; 16] = [
    "etcdserverpb.Auth/AuthStatus",
    "etcdserverpb.Auth/Authenticate",
    "etcdserverpb.Auth/UserAdd",
    "etcdserverpb.Auth/UserGet",
    "etcdserverpb.Auth/UserList",
    "etcdserverpb.Auth/UserDelete",
    "etcdserverpb.Auth/UserChangePassword",
    "etcdserverpb.Auth/UserGrantRole",
    "etcdserverpb.Auth/UserRevokeRole",
    "etcdserverpb.Auth/RoleAdd",
    "etcdserverpb.Auth/RoleGet",
    "etcdserverpb.Auth/RoleList",
    "etcdserverpb.Auth/RoleDelete",
    "etcdserverpb.Auth/RoleGrantPermission",
    "etcdserverpb.Auth/RoleRevokePermission",
    "etcdserverpb.Auth/AuthDisable",
];
