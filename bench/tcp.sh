# bench/compare --work tcp-large and tcp-small (sourced by it): the same load, passed on as bytes. HTTP is what load generator and
# backend speak to each other; the proxies see none of it.
#
# tcp-large: answers of 1 MB, so the CPU per request is that per megabyte. tcp-small: 64 bytes there, 64 bytes back.
# "splice" is HAProxy with splice(2), to see whether that would pay.

address=([tidegate]=127.41.0.2:31400 [nginx]=127.41.0.3:31400 [haproxy]=127.41.0.4:31400 [splice]=127.41.0.5:31400)

# "GET /PATH HTTP/1.1", "Host: 127.41.0.2:31400" and an empty line are 64 bytes.
[[ $kind == tcp-small ]] && path=$(printf %022d 0)

write_backend_large() {
  chmod 711 "$work" # nginx's worker is another user
  head -c 1000000 /dev/zero | tr '\0' x >"$work/answer"
  cat >"$work/backend.conf" <<END
worker_processes 1; daemon off; pid $work/backend.pid; error_log stderr crit;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 1h; sendfile on; tcp_nopush on; open_file_cache max=10;
  server { listen $backend backlog=4096; default_type text/plain; location / { root $work; try_files /answer =404; } }
}
END
}

# Nothing but the length is in the answer's head: 39 bytes and a body of 25.
write_backend_small() {
  cat >"$work/backend.cfg" <<END
global
  nbthread 1
  maxconn 4096
defaults
  mode http
  option http-keep-alive
  timeout client 1h
frontend back
  bind $backend backlog 4096
  http-request return status 200 content-type text/plain string "0123456789012345678901234"
  http-after-response del-header content-type
END
}

start_backend() {
  if [[ $kind == tcp-large ]]; then
    write_backend_large
    start backend $load_core nginx -p "$work" -c "$work/backend.conf"
  else
    write_backend_small
    start backend $load_core haproxy -db -f "$work/backend.cfg"
  fi
}

write_nginx() {
  local module=/usr/lib/nginx/modules/ngx_stream_module.so
  cat >"$work/nginx.conf" <<END
load_module $module;
worker_processes 1; daemon off; pid $work/nginx.pid; error_log stderr crit;
events { worker_connections 4096; }
stream {
  access_log off; tcp_nodelay on; proxy_timeout 1h;
  server { listen ${address[nginx]} backlog=4096; proxy_pass $backend; }
}
END
}

write_haproxy() {
  local name=$1
  cat >"$work/$name.cfg" <<END
global
  nbthread 1
  maxconn 4096
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  $([[ $name == splice ]] && echo 'option splice-auto')
frontend front
  bind ${address[$name]} backlog 4096
  default_backend back
backend back
  server one $backend
END
}

write_tidegate() {
  mkdir -p "$work/manifests"
  cat >"$work/manifests/bench.yaml" <<END
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: bench, namespace: default}
spec:
  selector: {istio: ingressgateway}
  servers:
    - port: {number: ${address[tidegate]#*:}, name: tcp, protocol: TCP}
      hosts: ["*"]
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: backend, namespace: default}
spec:
  hosts: [backend.bench]
  location: MESH_INTERNAL
  resolution: STATIC
  ports:
    - {number: 80, name: tcp, protocol: TCP, targetPort: ${backend#*:}}
  endpoints:
    - address: ${backend%:*}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: bench, namespace: default}
spec:
  hosts: ["*"]
  gateways: [bench]
  tcp:
    - route:
        - destination: {host: backend.bench, port: {number: 80}}
END
}
