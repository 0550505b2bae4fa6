# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2207 # words without blanks
# Completion of hvsnd for bash.

_hvsnd_cards() { sed -n 's/^ *[0-9]* \[\([^ ]*\) *\]: snd_hvsock.*/\1/p' /proc/asound/cards 2>/dev/null; }

_hvsnd()
{
	local current=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]-} words='' keys

	keys='index cid port protocol role rate rate-min rate-max format channels latency connect-timeout on-lost
		playback-streams capture-streams name-streams mic retry-away cookie-file'
	if [ "$COMP_CWORD" = 1 ]; then
		words='show stats add set del cookie monitor apply save probe doctor address host-setup cat relay --help --version'
	elif [[ $current == -* ]]; then
		case $command in
		stats) words='--help --json --watch' ;;
		apply) words='--help --json --dry-run' ;;
		cookie) words='--help --forget' ;;
		probe) words='--help --json --capture --cookie' ;;
		doctor) words='--help --json --cookie' ;;
		host-setup) words='--help --json --port --name --wsl2 --reg --powershell' ;;
		cat) words='--help --listen --echo --retry --timeout' ;;
		relay) words='--help --timeout' ;;
		del) words=--help ;;
		*) words='--help --json' ;;
		esac
	else
		case $command.$COMP_CWORD in
		show.2 | stats.2 | set.2 | del.2 | cookie.2) words=$(_hvsnd_cards) ;;
		host-setup.*) words='windows linux' ;;
		cookie.3 | apply.*) COMPREPLY=($(compgen -f -- "$current")); return ;;
		probe.* | doctor.* | address.* | cat.* | relay.*) words='vsock: vsock:2:4713 hvsock:// unix:' ;;
		add.* | set.*)
			case ${COMP_WORDS[COMP_CWORD - 1]} in
			protocol) words='pulse simple qubes' ;;
			role) words='connect listen' ;;
			on-lost) words='silence error' ;;
			name-streams) words='command card' ;;
			mic) words='on off' ;;
			cookie-file) COMPREPLY=($(compgen -f -- "$current")); return ;;
			*) [ $((COMP_CWORD % 2)) = 0 ] || words=$keys ;;
			esac
			;;
		esac
	fi
	COMPREPLY=($(compgen -W "$words" -- "$current"))
}

complete -F _hvsnd hvsnd
