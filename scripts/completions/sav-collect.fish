# fish completion of sav-collect, made by scripts/completion-files from --help.
complete -c sav-collect -f
complete -c sav-collect -l level -x -a '9.7 9.8.3 9.11' -d 'Facts of version 9.7, 9.8.3 or 9.11 (FeedbackLevel\'s)'
complete -c sav-collect -l root -x -a '(__fish_complete_directories)' -d 'Read the captured host in DIR, and nothing of this one'
complete -c sav-collect -l pretty -d 'Indent, as on a terminal'
complete -c sav-collect -l explain -d 'Tell of every fact what it is and where it is from'
complete -c sav-collect -l json -d 'With --explain: as JSON'
complete -c sav-collect -l diff -r -F -d 'Tell what differs from the older report in this file'
complete -c sav-collect -l schema -d 'Print the JSON Schema of the report'
complete -c sav-collect -s v -l verbose -d 'Write the product\'s log lines on standard error'
complete -c sav-collect -s h -l help -d 'Print this help and end'
complete -c sav-collect -l version -d 'Print the version and end'
