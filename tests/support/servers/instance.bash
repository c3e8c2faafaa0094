# What `mariadb` and `mysql9` share: one server instance in one folder. Sourced, not run.
#
# DIR/data is the server's data directory; beside it lie `pid`, `port`, `socket` (a text: the socket's path), `error.log`.
# A running server is known by its pid file and by its --datadir argument, never by its name.

root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../../.." && pwd)
program=${0##*/}

die() { echo "$program: $*" >&2; exit 1; }
note() { echo "$program: $*" >&2; }
usage() { sed -n '2,/^set -/{/^#/{s/^# \{0,1\}//;p}}' "$0" >&2; exit 2; }

# The folder for what is made once and used by every run.
cache_folder() {
  local folder=${BINSEEK_CACHE:-$root/build/cache}
  if ! mkdir -p "$folder" 2>/dev/null || [ ! -w "$folder" ]; then
    folder=${XDG_CACHE_HOME:-$HOME/.cache}/binseek
    mkdir -p "$folder" || die "no folder can be written for the cache: set BINSEEK_CACHE"
  fi
  echo "$folder"
}

# Finds a free port outside the range that the kernel takes clients' ports from: while a server is down, none of them gets
# its port. perl, since it is in every Debian.
free_port() {
  perl -MIO::Socket::INET -e '
    open(my $file, "<", "/proc/sys/net/ipv4/ip_local_port_range");
    my ($low, $high) = $file ? split(" ", <$file>) : (32768, 60999);
    my ($first, $end) = $low > 20000 ? (10000, $low) : ($high + 1, 65536);
    for (1 .. 200) {
      my $port = $first < $end ? $first + int(rand($end - $first)) : 0;
      my $socket = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => $port, Listen => 1) or next;
      print $socket->sockport;
      exit 0;
    }
    exit 1' || die "no free port"
}

port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Sets pid, and is true, where the server of folder $1 runs.
alive() {
  pid=$(cat "$1/pid" 2>/dev/null) && [ -n "$pid" ] || return 1
  tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" | grep -qxF -- "--datadir=$1/data"
}

address() {
  local port
  port=$(cat "$1/port")
  printf '%s\n' "port=$port" "socket=$(cat "$1/socket")" "pid=$pid" "datadir=$1/data" "log=$1/error.log" \
    "url=mysql://root@127.0.0.1:$port"
}

# Starts the server of folder $1 on port $2 (or "auto": the port that it had before where that is free, else any),
# and prints its address. The caller defines make_data FOLDER and server FOLDER PORT SOCKET ARG... (execs the server).
start_instance() {
  local dir port=$2 socket tries=1 sleeper
  dir=$(realpath -m -- "$1")
  shift 2
  [[ $dir != *[[:space:]\"\']* ]] || die "no blanks or quotes in the folder's name, please: $dir"
  [[ $port == auto || $port =~ ^[0-9]+$ ]] || die "neither a port nor auto: $port"
  mkdir -p "$dir"
  exec 8>"$dir/.lock"
  flock 8
  if alive "$dir"; then
    note "already running"
    address "$dir"
    return 0
  fi
  [ -d "$dir/data" ] || make_data "$dir"
  socket=$dir/socket.sock # a socket's path holds 107 bytes
  ((${#socket} <= 100)) || socket=$(mktemp -u "${TMPDIR:-/tmp}/binseek-XXXXXXXX.sock")
  echo "$socket" >"$dir/socket"
  if [ "$port" = auto ]; then
    tries=5
    port=$(cat "$dir/port" 2>/dev/null || free_port)
    ! port_taken "$port" || port=$(free_port)
  elif port_taken "$port"; then
    die "port $port is taken by another program"
  fi
  while :; do
    ! launch "$dir" "$port" "$socket" "$@" || return 0
    # Another program may have taken the port between the kernel's answer and the server's bind.
    if ((--tries == 0)) || ! grep -q "Can't start server.*port" "$dir/error.log"; then break; fi
    port=$(free_port)
  done
  tail -n 20 "$dir/error.log" >&2
  die "the server did not start on port $port (log: $dir/error.log)"
}

launch() { # DIR PORT SOCKET ARG...
  local dir=$1 port=$2 socket=$3 child i
  rm -f "$socket" "$socket.lock" "$dir/pid"
  : >"$dir/error.log"
  # A session of its own: a terminal's Ctrl-C reaches whoever started the server, and that one stops it.
  (
    exec 7>&- 8>&- 9>&- </dev/null >>"$dir/error.log" 2>&1
    server "$@"
  ) &
  child=$!
  for ((i = 0; i < 1200; i++)); do
    if grep -q "socket: '.*port: $port " "$dir/error.log" && alive "$dir"; then
      echo "$port" >"$dir/port"
      address "$dir"
      return 0
    fi
    kill -0 "$child" 2>/dev/null || return 1
    sleep 0.03
  done
  kill "$child" 2>/dev/null || true
  return 1
}

# Whether process $1 has ended. A zombie with threads has not: they still hold its files and sockets.
gone() {
  local threads
  [ -d "/proc/$1" ] || return 0
  grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null || return 1
  threads=("/proc/$1/task/"*)
  ((${#threads[@]} <= 1))
}

# Ends the server of folder $1 by signal $2 and waits until it is gone. Its data stay.
stop_instance() {
  local dir i
  dir=$(realpath -m -- "$1")
  if alive "$dir"; then
    kill "-$2" "$pid" 2>/dev/null || true
    for ((i = 0; i < 1500; i++)); do
      ! gone "$pid" || break
      sleep 0.02
    done
    if ! gone "$pid"; then
      note "process $pid ignores SIG$2: killing it"
      kill -KILL "$pid"
      while ! gone "$pid"; do sleep 0.02; done
    fi
  fi
  [ ! -f "$dir/socket" ] || rm -f "$(cat "$dir/socket")" "$(cat "$dir/socket").lock"
  rm -f "$dir/pid"
}

# Deletes what `start` made in folder $1, and the folder where nothing else is in it.
wipe_instance() {
  local dir
  dir=$(realpath -m -- "$1")
  stop_instance "$dir" KILL
  rm -rf "$dir/data" "$dir/data.new" "$dir/files" "$dir/error.log" "$dir/port" "$dir/socket" "$dir/.lock"
  rmdir "$dir" 2>/dev/null || true
}

status_instance() {
  local dir
  dir=$(realpath -m -- "$1")
  if alive "$dir"; then address "$dir"; else echo stopped; return 1; fi
}
