# What the scripts of bench/ share (sourced): packages, processes that end with the script, their CPU time and memory, figures against bars.

root=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
work=$(mktemp -d "${TMPDIR:-/tmp}/tidegate-bench.XXXXXX")
started=()
trap 'stop_all; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

die() { echo "${0##*/}: $1" >&2; exit 1; }

# need COMMAND PACKAGE ...: installs the Debian packages whose command is missing. No service of theirs is started.
need() {
  local missing=()
  while (($# > 0)); do
    command -v "$1" >/dev/null || missing+=("$2")
    shift 2
  done
  ((${#missing[@]} == 0)) && return
  [[ $(id -u) == 0 ]] || die "missing: ${missing[*]}; install them (apt-get install ${missing[*]}) or run as root"
  echo "installing ${missing[*]}" >&2
  apt-get update -qq && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null 2>&1 ||
    die "could not install ${missing[*]}"
}

# start NAME CORE COMMAND ...: runs it in the background on one core, output to $work/NAME.log; its id is in pid_NAME.
start() {
  local name=$1 core=$2
  shift 2
  taskset -c "$core" "$@" >"$work/$name.log" 2>&1 &
  printf -v "pid_$name" %s $!
  started+=($!)
}

stop_all() {
  local pid
  for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${started[@]}"; do
    for _ in $(seq 50); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    kill -9 "$pid" 2>/dev/null || true
  done
  wait 2>/dev/null || true
  started=()
}

# wait_for NAME URL [CURL OPTION ...]: until it answers 200, at most 20 s.
wait_for() {
  local name=$1 url=$2 pid=pid_$1
  shift 2
  for _ in $(seq 400); do
    if curl -sf -o /dev/null --max-time 1 "$@" "$url"; then return; fi
    kill -0 "${!pid}" 2>/dev/null || { cat "$work/$name.log" >&2; die "$name ended"; }
    sleep 0.05
  done
  cat "$work/$name.log" >&2
  die "$name does not answer at $url"
}

# cpu_us PID: user and system time of the process (all threads) and its children so far, in microseconds.
cpu_us() {
  local hz pid total=0 stat
  hz=$(getconf CLK_TCK)
  for pid in "$1" $(pgrep -P "$1" || true); do
    stat=$(<"/proc/$pid/stat") || continue
    # After the command name in parentheses: field 14 of proc(5) is the 12th, 15 the 13th.
    # shellcheck disable=SC2086
    set -- ${stat##*) }
    total=$((total + ${12} + ${13}))
  done
  echo $((total * 1000000 / hz))
}

# rss_kb PID: resident memory.
rss_kb() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }

# settled_kb PID: resident memory once it stops falling, at most 10 s from now.
settled_kb() {
  local kb least
  least=$(rss_kb "$1")
  for _ in $(seq 20); do
    sleep 0.5
    kb=$(rss_kb "$1")
    ((kb < least)) && least=$kb
  done
  echo "$kb"
}

# The figures.
now_us() { local t=$EPOCHREALTIME; echo "${t/[.,]/}"; }
median() { sort -n | awk '{ t[NR] = $1 } END { print NR % 2 ? t[(NR + 1) / 2] : (t[NR / 2] + t[NR / 2 + 1]) / 2 }'; }

bars_missed=0

# bar TEXT FIGURE MOST UNIT: prints the figure and whether the bar holds.
bar() {
  if awk -v a="$2" -v b="$3" 'BEGIN { exit !(a <= b) }'; then
    echo "$1: $2 $4 (bar: at most $3 $4)"
  else
    echo "$1: $2 $4 (bar: at most $3 $4) MISSED"
    bars_missed=1
  fi
}

# One of several gateways, each a case with its manifests in $work/CASE; address and admin are arrays by case, and $root/tidegate is built.

# run_gateway CASE CORES [OPTION ...]
run_gateway() {
  local name=$1 on=$2
  shift 2
  start "$name" "$on" "$root/tidegate" run "$work/$name" --bind "${address[$name]}" --admin-port "${admin[$name]}" \
    --agent-port $((admin[$name] + 1)) --access-log off --no-service-ports "$@"
}

stop_gateway() {
  local pid=pid_$1
  kill "${!pid}"
  wait "${!pid}" || true
}

# until_ready CASE: waits without a limit that would hide a slow start.
until_ready() {
  local pid=pid_$1
  until curl -sf -o /dev/null --max-time 1 "http://${address[$1]}:15021/healthz/ready"; do
    kill -0 "${!pid}" 2>/dev/null || { tail -20 "$work/$1.log" >&2; die "the gateway ended"; }
    sleep 0.005
  done
}
