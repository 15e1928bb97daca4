# bash completion of the sav tools, made by scripts/completion-files from --help.
# shellcheck shell=bash
_sav() {
	local tool=${1##*/} word=$2 before=$3 options='' choices='' typed=() at
	# --name=value are three words to readline.
	if [[ $word == = || $before == = ]]; then
		at=$((COMP_CWORD - 1))
		[[ $before != = ]] || at=$((COMP_CWORD - 2))
		before=${COMP_WORDS[at]} word=${word#=}
	fi
	case $tool in
	sav-collect) options='--level --root --pretty --explain --json --diff --schema --verbose --help --version' ;;
	sav-decrypt) options='--key --output --ndjson --bad --jobs --resume --help --version' ;;
	sav-encrypt) options='--key --output --help --version' ;;
	sav-feedback) options='--verbose --help --version' ;;
	sav-keygen) options='--output --public --help --version' ;;
	sav-report) options='--db --week --min-cell --part --fact --weeks --verbose --help --version' ;;
	sav-retain) options='--days --dry-run --help --version' ;;
	sav-send) options='--url --proxy --header --cacert --s3 --name --connect-timeout --max-time --verbose --help --version' ;;
	savconfig) options='--advanced --all --help --version' ;;
	sls-alert) options='--config --spool --spool-key --spool-size --spool-full --check --json --test-alert --follow --flush --drain --metrics --verbose --help --version' ;;
	esac
	case $tool:$before in
	sav-collect:--level) choices='9.7 9.8.3 9.11' ;;
	sav-collect:--root) compopt -o dirnames && return ;;
	sav-collect:--diff) compopt -o default && return ;;
	sav-decrypt:--key | sav-decrypt:-k) compopt -o default && return ;;
	sav-decrypt:--output | sav-decrypt:-o) compopt -o default && return ;;
	sav-decrypt:--bad) compopt -o dirnames && return ;;
	sav-decrypt:--jobs | sav-decrypt:-j) return ;;
	sav-encrypt:--key | sav-encrypt:-k) compopt -o default && return ;;
	sav-encrypt:--output | sav-encrypt:-o) compopt -o default && return ;;
	sav-keygen:--output | sav-keygen:-o) return ;;
	sav-keygen:--public | sav-keygen:-y) compopt -o default && return ;;
	sav-report:--db | sav-report:-d) compopt -o default && return ;;
	sav-report:--week | sav-report:-w) return ;;
	sav-report:--min-cell | sav-report:-m) return ;;
	sav-report:--part | sav-report:-p) return ;;
	sav-report:--fact | sav-report:-f) return ;;
	sav-report:--weeks | sav-report:-n) return ;;
	sav-retain:--days) return ;;
	sav-send:--url | sav-send:-u) return ;;
	sav-send:--proxy | sav-send:-x) choices='noproxy primary secondary direct' ;;
	sav-send:--header | sav-send:-H) return ;;
	sav-send:--cacert) compopt -o default && return ;;
	sav-send:--s3) return ;;
	sav-send:--name | sav-send:-n) return ;;
	sav-send:--connect-timeout) return ;;
	sav-send:--max-time) return ;;
	sls-alert:--config | sls-alert:-c) compopt -o default && return ;;
	sls-alert:--spool | sls-alert:-s) compopt -o dirnames && return ;;
	sls-alert:--spool-key) compopt -o default && return ;;
	sls-alert:--spool-size) return ;;
	sls-alert:--spool-full) choices='wait drop-oldest' ;;
	sls-alert:--follow | sls-alert:-f) compopt -o default && return ;;
	sls-alert:--drain) return ;;
	sls-alert:--metrics) compopt -o default && return ;;
	esac
	for ((at = 1; at < COMP_CWORD; at++)); do
		[[ ${COMP_WORDS[at]} == -* ]] || typed+=("${COMP_WORDS[at]}")
	done
	if [[ -z $choices && $word == -* ]]; then
		choices=$options
	elif [[ -z $choices ]]; then
		case $tool:${#typed[@]} in
	sav-feedback:0) choices='run now preview status last' ;;
	sav-report:0) choices='add show csv json html count merge' ;;
	savconfig:0) choices='get query set add remove reset' ;;
		savconfig:1) choices='DisableFeedback FeedbackLevel FeedbackHost FeedbackURL FeedbackKeyFile FeedbackCAFile FeedbackS3Region CustomerID EnableOnStart OnAccessOpen AutomaticAction LiveProtection ScanArchives ExcludeFilePaths ExcludeFileOnGlob ExcludeFilesystems ExclusionEncodings NamedScans UploadSamples Email EmailServer EmailLanguage EmailNotifier EmailDemandSummaryIfThreat EmailDemandSummaryAlways SendErrorEmail SendThreatEmail UINotifier UIpopupNotification UIttyNotification LogMaxSizeMB WebUI EnableAutoUpdating UpdatePeriodMinutes NotifyOnUpdate UpdatePolicy DownloadAllDistros ExtraFiles LicenseType PrimaryUpdateSourcePath PrimaryUpdateUsername PrimaryUpdatePassword PrimaryUpdateProxyAddress PrimaryUpdateProxyUsername PrimaryUpdateProxyPassword SecondaryUpdateSourcePath SecondaryUpdateUsername SecondaryUpdatePassword SecondaryUpdateProxyAddress SecondaryUpdateProxyUsername SecondaryUpdateProxyPassword PreferFanotify DisableFanotify DisableTalpa FileCacheSizeBytes RegressionSuite' ;;
		esac
		case $tool:${#typed[@]}:${typed[1]-} in
	savconfig:2:DisableFeedback | savconfig:2:EnableOnStart | savconfig:2:OnAccessOpen | savconfig:2:UploadSamples | savconfig:2:EmailNotifier | savconfig:2:EmailDemandSummaryIfThreat | savconfig:2:EmailDemandSummaryAlways | savconfig:2:SendErrorEmail | savconfig:2:SendThreatEmail | savconfig:2:UINotifier | savconfig:2:UIpopupNotification | savconfig:2:UIttyNotification | savconfig:2:WebUI | savconfig:2:EnableAutoUpdating | savconfig:2:NotifyOnUpdate | savconfig:2:DownloadAllDistros | savconfig:2:ExtraFiles | savconfig:2:PreferFanotify | savconfig:2:DisableFanotify | savconfig:2:DisableTalpa | savconfig:2:RegressionSuite) choices='true false' ;;
	savconfig:2:FeedbackLevel) choices='9.7 9.8.3 9.11' ;;
	savconfig:2:AutomaticAction) choices='none disinfect delete' ;;
	savconfig:2:LiveProtection) choices='enabled disabled' ;;
	savconfig:2:ScanArchives) choices='mixed enabled disabled' ;;
	savconfig:2:EmailLanguage) choices='English Japanese' ;;
	savconfig:2:UpdatePolicy) choices='Preview Recommended Previous' ;;
		esac
	fi
	if [[ -n $choices ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$word")
		return
	fi
	case $tool:${#typed[@]} in
	sav-decrypt:*) compopt -o default ;;
	sav-encrypt:*) compopt -o default ;;
	sav-report:*) compopt -o default ;;
	sav-retain:*) compopt -o dirnames ;;
	sav-send:*) compopt -o default ;;
	savconfig:*) compopt -o default ;;
	esac
}
complete -F _sav sav-collect sav-decrypt sav-encrypt sav-feedback sav-keygen sav-report sav-retain sav-send savconfig sls-alert
