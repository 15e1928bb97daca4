# fish completion of sav-encrypt, made by scripts/completion-files from --help.
complete -c sav-encrypt -s k -l key -r -F -d 'Public key (default: FeedbackKeyFile\'s)'
complete -c sav-encrypt -s o -l output -r -F -d 'Write the blob to FILE (default: standard output)'
complete -c sav-encrypt -s h -l help -d 'Print this help and end'
complete -c sav-encrypt -l version -d 'Print the version and end'
