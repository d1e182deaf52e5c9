#compdef PROGRAM
# Completion of PROGRAM for zsh: the program itself is asked for the candidates.
_PROGRAM() {
    local line files=1
    local -a candidates
    for line in "${(@f)$(${words[1]} __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
        case "$line" in
            :4) files=0 ;;
            :*) ;;
            *) candidates+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
        esac
    done
    if (( ${#candidates} )); then
        compset -P '--*='
        _describe PROGRAM candidates
    elif (( files )); then
        _files
    fi
}
if [ "$funcstack[1]" = "_PROGRAM" ]; then
    _PROGRAM
else
    compdef _PROGRAM PROGRAM
fi
