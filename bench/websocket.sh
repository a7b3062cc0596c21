# bench/compare --work websocket (sourced by it): messages of 64 bytes there and back over WebSocket on HTTP/1.1, one under way per connection.
# Debian has no client that measures this: client and backend are the program of bench/Tidegate.Benchmarks.

program=$root/bench/Tidegate.Benchmarks/bin/Release/net10.0/Tidegate.Benchmarks.dll

start_backend() {
  [[ -e $program ]] || dotnet build "$root/bench/Tidegate.Benchmarks" -c Release -v q --nologo
  start backend $load_core dotnet exec "$program" websocket-backend "$backend"
}

eval "plain_$(declare -f write_nginx)"
eval "plain_$(declare -f write_haproxy)"
write_nginx() {
  plain_write_nginx
  sed -i 's|proxy_set_header Connection "";|proxy_set_header Connection upgrade; proxy_set_header Upgrade $http_upgrade; proxy_read_timeout 1h;|' "$work/nginx.conf"
}

write_haproxy() {
  plain_write_haproxy
  sed -i 's|timeout server 1h|&\n  timeout tunnel 1h|' "$work/haproxy.cfg"
}

# measure NAME SECONDS: as in bench/compare, a message for a request.
measure() {
  local name=$1 pid=pid_$1 before after line
  before=$(cpu_us "${!pid}")
  line=$(taskset -c $load_core dotnet exec "$program" websocket-client "${address[$name]}" "$connections" "$2") || die "the client failed against $name"
  after=$(cpu_us "${!pid}")
  awk -v cpu=$((after - before)) '{ printf "%.0f %.2f %d %d %d %.2f\n", $1 / ($2 / 1e6), cpu / $1, $3, $4, $1, cpu / $2 }' <<<"$line"
}
