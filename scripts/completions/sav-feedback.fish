# fish completion of sav-feedback, made by scripts/completion-files from --help.
complete -c sav-feedback -f
complete -c sav-feedback -n 'set -l typed (commandline -opc | string match -v -- "-*"); test (count $typed) -eq 1' -a 'run now preview status last'
complete -c sav-feedback -s v -l verbose -d 'With now: show the lines of the log as they come'
complete -c sav-feedback -s h -l help -d 'Print this help and end'
complete -c sav-feedback -l version -d 'Print the version and end'
