# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Completion of hvsndd for bash; those for zsh and fish ask this one.

# Sets the caller's words (up to the cursor), option (whose value is being written, or the word before) and value.
# Bash itself takes words with colons and equals signs apart.
_hvsndd_words()
{
	local line=${COMP_LINE:0:COMP_POINT}

	read -ra words <<<"$line"
	[[ $line != *[[:blank:]] ]] || words+=('')
	value=${words[-1]}
	option=
	[ ${#words[@]} -lt 2 ] || option=${words[-2]}
	begin=
	if [[ $value == --*=* ]]; then
		option=${value%%=*}
		begin=$option=
		value=${value#*=}
	fi
}

# _hvsndd_offer BEGIN COMPGEN-ARGUMENT...: what goes on from $value, behind BEGIN, which stands in it already
_hvsndd_offer()
{
	local whole=$begin$value head='' mark

	mapfile -t COMPREPLY < <(compgen "${@:2}" -- "${value#"$1"}")
	COMPREPLY=("${COMPREPLY[@]/#/"$begin$1"}")
	# Bash replaces only what stands behind the last of its marks.
	for mark in : =; do
		[[ $COMP_WORDBREAKS == *"$mark"* && $whole == *"$mark"* ]] || continue
		mark=${whole%"${whole##*"$mark"}"}
		[ ${#mark} -lt ${#head} ] || head=$mark
	done
	COMPREPLY=("${COMPREPLY[@]#"$head"}")
	[[ ${#COMPREPLY[@]} != 1 || ${COMPREPLY[0]} != *[:/=] ]] || compopt -o nospace 2>/dev/null
	return 0
}

_hvsndd_files() { compopt -o filenames 2>/dev/null; _hvsndd_offer "${1-}" -f; }

_hvsndd_formats='s16le s16be s24le s24be s24-32le s24-32be s32le s32be float32le float32be u8 alaw ulaw'

# Words behind the comma of an address or a guest: _hvsndd_keys KEYS
_hvsndd_keys()
{
	local before=${value%,*},

	case ${value##*,} in
	protocol=*) _hvsndd_offer "${before}protocol=" -W 'pulse simple qubes' ;;
	direction=*) _hvsndd_offer "${before}direction=" -W 'playback record both' ;;
	playback=*) _hvsndd_offer "${before}playback=" -W 'on off' ;;
	microphone=*) _hvsndd_offer "${before}microphone=" -W 'ask allow never' ;;
	name=*) ;;
	*) _hvsndd_offer "$before" -W "$1" ;;
	esac
}

_hvsndd_value()
{
	case $option in
	-p | --protocol) _hvsndd_offer '' -W 'pulse simple qubes' ;;
	-o | --output)
		case $value in
		file:*) _hvsndd_offer file: -d ;;
		*) _hvsndd_offer '' -W 'pulse alsa alsa: file: null' ;;
		esac
		;;
	-g | --guest)
		case $value in
		*,*) _hvsndd_keys 'name= playback= microphone=' ;;
		*) _hvsndd_offer '' -W "any $(hvsndd ctl list 2>/dev/null)" ;;
		esac
		;;
	-l | --listen | -c | --connect)
		case $value in
		*,*) _hvsndd_keys 'protocol= direction= name=' ;;
		unix:*) _hvsndd_files unix: ;;
		*) _hvsndd_offer '' -W 'vsock: vsock:any: unix: tcp:' ;;
		esac
		;;
	--server)
		case $value in
		unix:*) _hvsndd_files unix: ;;
		*) _hvsndd_offer '' -W 'unix: tcp:' ;;
		esac
		;;
	--format) _hvsndd_offer '' -W "$_hvsndd_formats" ;;
	--rate) _hvsndd_offer '' -W '44100 48000 96000' ;;
	--channels) _hvsndd_offer '' -W '1 2' ;;
	--latency) _hvsndd_offer '' -W '20 40 100 200' ;;
	--when-full) _hvsndd_offer '' -W 'block drop' ;;
	--drift) _hvsndd_offer '' -W 'follow ignore' ;;
	--bus) _hvsndd_offer '' -W 'system user' ;;
	--max-connections) _hvsndd_offer '' -W 256 ;;
	--max-guest-connections) _hvsndd_offer '' -W 16 ;;
	--cookie) _hvsndd_files ;;
	--control-dir | --state-dir) _hvsndd_offer '' -d ;;
	*) return 1 ;;
	esac
}

_hvsndd()
{
	local words value option begin

	COMPREPLY=()
	_hvsndd_words
	_hvsndd_value && return
	if [ "${words[1]-}" != ctl ] || [ ${#words[@]} = 2 ]; then
		_hvsndd_offer '' -W 'ctl --listen --connect --protocol --guest --output --allow-tcp --server --cookie --format --rate
			--channels --latency --when-full --drift --control-dir --state-dir --bus --max-connections
			--max-guest-connections --verbose --version --help'
		return
	fi
	case $option in
	allow | deny | forget | status) _hvsndd_offer '' -W "$(hvsndd ctl list 2>/dev/null)" ;;
	*) _hvsndd_offer '' -W 'list status allow deny forget --json --control-dir --state-dir --help' ;;
	esac
}

complete -F _hvsndd hvsndd
