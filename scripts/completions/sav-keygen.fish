# fish completion of sav-keygen, made by scripts/completion-files from --help.
complete -c sav-keygen -f
complete -c sav-keygen -s o -l output -x -d 'Write NAME.key (secret, 0600) and NAME.pub'
complete -c sav-keygen -s y -l public -r -F -d 'Print the public key of this secret one'
complete -c sav-keygen -s h -l help -d 'Print this help and end'
complete -c sav-keygen -l version -d 'Print the version and end'
