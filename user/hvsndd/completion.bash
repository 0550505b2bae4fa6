# SPDX-License-Identifier: GPL-2.0
# bash completion for hvsndd

_hvsndd()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words=

	case $prev in
	-p | --protocol) words="pulse simple qubes" ;;
	-o | --output) words="pulse alsa file: null" ;;
	--when-full) words="block drop" ;;
	--drift) words="follow ignore" ;;
	--bus) words="system user" ;;
	--server) words="unix: tcp:" ;;
	-l | --listen | -c | --connect) words="unix: vsock:" ;;
	--format) words="s16le s16be s24le s32le float32le u8 alaw ulaw" ;;
	allow | deny | forget | status) words=$(hvsndd ctl list 2>/dev/null) ;;
	ctl) words="list status allow deny forget --json --control-dir --state-dir --help" ;;
	--cookie | --control-dir | --state-dir)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	*)
		words="ctl --listen --connect --protocol --guest --output --allow-tcp --server --cookie --format --rate --channels
			--latency --when-full --drift --control-dir --state-dir --bus --max-connections --max-guest-connections --verbose
			--version --help"
		[ "${COMP_WORDS[1]}" != ctl ] || words="list status allow deny forget --json --control-dir --state-dir --help"
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

complete -F _hvsndd hvsndd
