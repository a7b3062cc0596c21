# bench/compare --work https and handshakes (sourced by it): the same load by TLS 1.3, with a certificate of ECDSA P-256.
#
# https: connections are kept. handshakes: connections are made and closed without a request. openssl's s_time makes them, eight at once:
# it resumes no session, as wrk does, whose figures would be those of another, cheaper handshake. It tells no latencies.

scheme=https
curl_options=(-k)
address=([tidegate]=127.41.0.2:8443 [nginx]=127.41.0.3:8443 [haproxy]=127.41.0.4:8443)
need openssl openssl
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=bench -keyout "$work/tls.key" -out "$work/tls.crt" 2>/dev/null
cat "$work/tls.crt" "$work/tls.key" >"$work/tls.pem"

eval "plain_$(declare -f write_nginx)"
eval "plain_$(declare -f write_haproxy)"
eval "plain_$(declare -f write_tidegate)"

write_nginx() {
  plain_write_nginx
  sed -i "s|listen ${address[nginx]} backlog=4096;|listen ${address[nginx]} ssl backlog=4096; ssl_protocols TLSv1.3; ssl_certificate $work/tls.crt; ssl_certificate_key $work/tls.key;|" "$work/nginx.conf"
}

write_haproxy() {
  plain_write_haproxy
  sed -i "s|bind ${address[haproxy]} |&ssl crt $work/tls.pem ssl-min-ver TLSv1.3 |; s|x-forwarded-proto http\$|x-forwarded-proto https|" "$work/haproxy.cfg"
}

write_tidegate() {
  plain_write_tidegate
  sed -i "s|name: http, protocol: HTTP}\$|name: https, protocol: HTTPS}|; s|^      hosts: \[\"\*\"\]|&\n      tls: {mode: SIMPLE, minProtocolVersion: TLSV1_3, serverCertificate: $work/tls.crt, privateKey: $work/tls.key}|" "$work/manifests/bench.yaml"
}

if [[ $kind == handshakes ]]; then
  connections=8
  # measure NAME SECONDS: as in bench/compare, a connection for a request, latencies 0.
  measure() {
    local name=$1 pid=pid_$1 before after i clients=()
    rm -f "$work"/s_time.*
    before=$(cpu_us "${!pid}")
    for i in 1 2 3 4 5 6 7 8; do
      taskset -c $load_core openssl s_time -connect "${address[$name]}" -new -tls1_3 -time "$2" >"$work/s_time.$i" 2>/dev/null &
      clients+=($!)
    done
    wait "${clients[@]}" || die "s_time failed against $name"
    after=$(cpu_us "${!pid}")
    cat "$work"/s_time.* | awk -v cpu=$((after - before)) -v seconds="$2" '/real seconds/ { count += $1 } END {
      if (!count) exit 1
      printf "%.0f %.2f 0 0 %d %.2f\n", count / seconds, cpu / count, count, cpu / seconds / 1e6 }'
  }
fi
