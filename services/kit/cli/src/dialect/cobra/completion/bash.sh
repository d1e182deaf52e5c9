# Completion of PROGRAM for bash: the program itself is asked for the candidates.
_PROGRAM_complete() {
    local -a words candidates=()
    local line partial answer
    read -ra words <<<"${COMP_LINE:0:COMP_POINT}"
    case "${COMP_LINE:0:COMP_POINT}" in *[[:space:]]) words+=("") ;; esac
    partial=${words[-1]}
    answer=$("${words[0]}" __complete "${words[@]:1}" 2>/dev/null) || return
    COMPREPLY=()
    while IFS= read -r line; do
        case "$line" in
            :4) compopt +o default ;;
            :*) ;;
            *) candidates+=("${line%%$'\t'*}") ;;
        esac
    done <<<"$answer"
    case "$partial" in --*=*) partial=${partial#*=} ;; esac
    for line in "${candidates[@]}"; do
        [[ "$line" == "$partial"* ]] && COMPREPLY+=("$line")
    done
}
complete -o default -F _PROGRAM_complete PROGRAM
