# Runs a PostgreSQL server until its input ends. $1 is the folder of its programs.
set -e
trap '' INT TERM
folder=$(mktemp -d /tmp/weipay-pg-XXXXXX)
echo "$folder"
start() {
  "$1/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= -c max_connections=200 >>"$folder/log" 2>&1 &
  server=$!
  tries=0
  until "$1/pg_isready" -q -h "$folder" -U relay; do
    kill -0 $server
    tries=$((tries + 1))
    [ $tries -lt 600 ]
    sleep 0.05
  done
  echo started
}
"$1/initdb" -D "$folder/data" -U relay -A trust -E UTF8 >"$folder/log" 2>&1
start "$1"
while read -r word what; do
  case "$word" in
    database) "$1/createdb" -h "$folder" -U relay "$what" >>"$folder/log" 2>&1; echo made ;;
    stop) kill -"$what" $server; wait $server || true; echo stopped ;;
    start) start "$1" ;;
  esac
done
kill -INT $server 2>/dev/null || true
wait $server || true
rm -rf "$folder"
