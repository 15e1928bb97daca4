# fish completion of sav-retain, made by scripts/completion-files from --help.
complete -c sav-retain -f
complete -c sav-retain -a '(__fish_complete_directories)'
complete -c sav-retain -l days -x -d 'Age in days at which a file is removed'
complete -c sav-retain -s n -l dry-run -d 'Print what would be removed, and remove nothing'
complete -c sav-retain -s h -l help -d 'Print this help and end'
complete -c sav-retain -l version -d 'Print the version and end'
