# fish completion of sav-decrypt, made by scripts/completion-files from --help.
complete -c sav-decrypt -s k -l key -r -F -d 'Secret key; several: each is tried'
complete -c sav-decrypt -s o -l output -r -F -d 'Write the report to FILE (default: standard output)'
complete -c sav-decrypt -l ndjson -d 'Open many: one line of JSON a report'
complete -c sav-decrypt -l bad -x -a '(__fish_complete_directories)' -d 'Move blobs that do not open to DIR'
complete -c sav-decrypt -s j -l jobs -x -d 'Threads (default: one a processor)'
complete -c sav-decrypt -l resume -d 'Go on where a run that was cut off stopped'
complete -c sav-decrypt -s h -l help -d 'Print this help and end'
complete -c sav-decrypt -l version -d 'Print the version and end'
