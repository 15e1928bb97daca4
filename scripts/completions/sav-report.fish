# fish completion of sav-report, made by scripts/completion-files from --help.
complete -c sav-report -f
complete -c sav-report -n 'set -l typed (commandline -opc | string match -v -- "-*"); test (count $typed) -eq 1' -a 'add show csv json html count merge'
complete -c sav-report -n 'not __fish_use_subcommand' -F
complete -c sav-report -s d -l db -r -F -d 'The database of aggregates'
complete -c sav-report -s w -l week -x -d 'Week to count (default: the last one that is over)'
complete -c sav-report -s m -l min-cell -x -d 'Tell multiples of N, from twice N on (default: 10)'
complete -c sav-report -s p -l part -x -d 'Count only the I-th of N parts of the machines'
complete -c sav-report -s f -l fact -x -d 'Only this fact; may be given several times'
complete -c sav-report -s n -l weeks -x -d 'The latest N weeks (show: 12, html: 26)'
complete -c sav-report -s v -l verbose -d 'Say what was counted'
complete -c sav-report -s h -l help -d 'Print this help and end'
complete -c sav-report -l version -d 'Print the version and end'
