# shellcheck shell=bash
# How the parts of the test cluster are started, waited for and stopped: each a process that runs in the state folder, with
# log/NAME.log and log/NAME.pid there. Sourced by up.sh, down.sh, restart.sh and the scripts of what runs beside the node, never run.

started=()
start() { # start NAME COMMAND...
  local name=$1 pid; shift
  setsid "$@" >"log/$name.log" 2>&1 </dev/null 9>&- &
  pid=$!; disown; echo "$pid $(born "$pid")" >"log/$name.pid"; started+=("$name")
}
first() { # first NAME COMMAND...: starts it so that it goes before what else wants a processor
  local pid
  start "$1" nice -n -5 "${@:2}"
  read -r pid _ <"log/$1.pid"
  # Where the kernel groups processes by session, it is the group's niceness that counts; it has a group of its own once it is a session.
  within 5 leads_session "$pid" || return 0
  [ ! -w "/proc/$pid/autogroup" ] || echo -5 >"/proc/$pid/autogroup"
}
leads_session() { [ "$(sed 's/.*) //' "/proc/$1/stat" | cut -d' ' -f4)" = "$1" ]; }
await() { # await NAME SECONDS COMMAND...: until COMMAND succeeds; a process that ended meanwhile is told at once
  local name=$1 seconds=$2 each deadline; shift 2; deadline=$((SECONDS + seconds))
  until "$@" >/dev/null 2>&1; do
    for each in "${started[@]}"; do alive "$each" || failed "$each" ended; done
    ((SECONDS < deadline)) || failed "$name" "was not ready after $seconds s"
    sleep .1
  done
}
failed() { # failed NAME WHAT
  tail -n 20 "log/$1.log" >&2
  die "$1 $2; the lines above are the end of $STATE/log/$1.log. Run $HERE/down.sh to remove what is running, or $(basename "$0") to try again."
}
answers() { curl --silent --fail --max-time 2 "$1"; } # answers URL

dead() { ! alive "$1"; }
stop() { # stop NAME: politely, then by force; etcd's clients linger once it is gone
  alive "$1" || return 0
  local pid; read -r pid _ <"$STATE/log/$1.pid"
  kill "$pid" 2>/dev/null || true
  within 5 dead "$1" || { kill -KILL "$pid" 2>/dev/null || true; within 10 dead "$1" || die "process $pid ($1) does not end even when killed; it may wait for a disk: cat /proc/$pid/stack"; }
}

vacant() { # vacant PORT WHO REMEDY [ADDRESS]: dies when another process listens on the port; with ADDRESS, loopback does not count
  local taken; taken=$(ss -Hltnp "sport = :$1" | awk -v ip="${4-}" '$4 !~ /^127\./ || ip == ""' | head -n 1)
  [ -z "$taken" ] || die "port $1 is taken by $(sed -n 's/.*users:(("\([^"]*\)",pid=\([0-9]*\).*/\1 (process \2)/p' <<<"$taken"); $2 needs it. $3"
}

# all_alive NAME...: whether every one of them runs
all_alive() { local each; for each; do alive "$each" || return 1; done; }
quietly() { # quietly COMMAND...: its output only if it fails
  local output; output=$("$@" 2>&1) || { printf '%s\n' "$output" >&2; die "this failed, see above: $*"; }
}
beside_our_own() { # beside_our_own WHAT: what runs on this machine beside the cluster needs that to be ours, and up
  [ "${LOTSE_CLUSTER-}" != existing ] || die "$1 is only brought up beside a cluster of our own; unset LOTSE_CLUSTER"
  alive apiserver || die "the cluster is not up, so $1 has nothing to run beside; run $HERE/up.sh first"
  export KUBECONFIG=$STATE/admin.kubeconfig PATH; PATH=$("$HERE/build.sh" --path kubernetes):$PATH
}
