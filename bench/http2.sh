# bench/compare --work h2, h2c and grpc (sourced by it): HTTP/2 by h2load, 16 connections of 16 streams each.
#
# h2: over TLS 1.3, with HTTP/1.1 to the backend. h2c: by prior knowledge, with HTTP/1.1 to the backend. grpc: unary calls, h2c on both sides, to a
# backend that sends each message back with a status behind it. nghttpx is a third peer.

connections=16
streams=16
[[ $only_given ]] || only=tidegate,nginx,haproxy,nghttpx
need h2load nghttp2-client nghttpx nghttp2-proxy
address[nghttpx]=127.41.0.5:8080
curl_options=(--http2-prior-knowledge)
load_options=()

if [[ $kind == h2 ]]; then
  # shellcheck source=tls.sh
  source "$root/bench/tls.sh"
  address[nghttpx]=127.41.0.5:8443
  curl_options=(-k --http2)
fi
eval "first_$(declare -f write_nginx)"
eval "first_$(declare -f write_haproxy)"
eval "first_$(declare -f write_tidegate)"

if [[ $kind == grpc ]]; then
  need nghttpd nghttp2-server
  # A message of gRPC: not compressed, 88 bytes.
  { printf '\0\0\0\0\130'; printf %s "$body"; } >"$work/message"
  path=bench.Clock/Tick
  curl_options+=(--data-binary "@$work/message" -H 'content-type: application/grpc' -H 'te: trailers')
  load_options=(-d "$work/message" -H 'content-type: application/grpc' -H 'te: trailers')
  start_backend() {
    mkdir -p "$work/none"
    start backend $load_core nghttpd --no-tls --echo-upload --trailer='grpc-status: 0' -a "${backend%:*}" -d "$work/none" "${backend#*:}"
  }
fi

write_nginx() {
  first_write_nginx
  sed -i -E "s|(listen ${address[nginx]})( ssl)? |\1\2 http2 |" "$work/nginx.conf"
  [[ $kind != grpc ]] || sed -i "s|proxy_pass http://backend;|grpc_pass grpc://backend; grpc_set_header Host \$http_host;|; /proxy_/d" "$work/nginx.conf"
}

write_haproxy() {
  first_write_haproxy
  if [[ $kind == h2 ]]; then
    sed -i 's|ssl-min-ver TLSv1.3|& alpn h2|' "$work/haproxy.cfg"
  else
    sed -i "s|bind ${address[haproxy]} |&proto h2 |" "$work/haproxy.cfg"
  fi
  [[ $kind != grpc ]] || sed -i 's|pool-max-conn -1|& proto h2|' "$work/haproxy.cfg"
}

write_tidegate() {
  first_write_tidegate
  [[ $kind != grpc ]] || sed -i 's|name: http, protocol: HTTP, targetPort|name: grpc, protocol: GRPC, targetPort|' "$work/manifests/bench.yaml"
}

# One worker, connections to the backend kept, no log, the fields that a gateway owes its backend.
start_nghttpx() {
  local frontend="${address[nghttpx]/:/,}" back="${backend/:/,};;proto=http/1.1" certificate=()
  if [[ $kind == h2 ]]; then certificate=("$work/tls.key" "$work/tls.crt"); else frontend+=';no-tls'; fi
  [[ $kind != grpc ]] || back="${backend/:/,};;proto=h2"
  start nghttpx $proxy_core nghttpx --conf=/dev/null --workers=1 --frontend="$frontend" --backend="$back" --add-x-forwarded-for \
    --backend-keep-alive-timeout=1h --accesslog-file=/dev/null --errorlog-file=/dev/null "${certificate[@]}"
}

# measure NAME SECONDS: as in bench/compare.
measure() {
  local name=$1 pid=pid_$1 before after
  before=$(cpu_us "${!pid}")
  taskset -c $load_core h2load -t1 -c"$connections" -m"$streams" -D"$2" "${load_options[@]}" --log-file="$work/requests" "$scheme://${address[$name]}/$path" >"$work/h2load" ||
    die "h2load failed against $name"
  after=$(cpu_us "${!pid}")
  grep -q ' 0 failed, 0 errored' "$work/h2load" || die "$name: $(grep ^requests: "$work/h2load")"
  # Start, status and duration of each, in microseconds.
  awk '$2 != 200 { exit 1 } { print $3 }' "$work/requests" | sort -n >"$work/durations" || die "$name does not answer 200 to all"
  awk -v cpu=$((after - before)) -v seconds="$2" '{ t[NR] = $1 } END {
    if (!NR) exit 1
    printf "%.0f %.2f %d %d %d %.2f\n", NR / seconds, cpu / NR, t[int(NR * 0.5) + 1], t[int(NR * 0.99) + 1], NR, cpu / seconds / 1e6 }' "$work/durations"
  rm -f "$work/requests"
}
