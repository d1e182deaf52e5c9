# Completion of PROGRAM for fish: the program itself is asked for the candidates.
function __PROGRAM_candidates
    set -l words (commandline -opc)
    set -l partial (commandline -ct)
    set -l prefix (string match -r -- '^--[^=]*=' $partial)
    $words[1] __complete $words[2..] "$partial" 2>/dev/null | string match -v -r '^:[0-9]+$' | string replace -r '^' -- "$prefix"
end
function __PROGRAM_no_files
    set -l words (commandline -opc)
    $words[1] __complete $words[2..] (commandline -ct) 2>/dev/null | string match -q ':4'
end
complete -c PROGRAM -e
complete -c PROGRAM -n __PROGRAM_no_files -f -a '(__PROGRAM_candidates)'
complete -c PROGRAM -n 'not __PROGRAM_no_files' -a '(__PROGRAM_candidates)'
