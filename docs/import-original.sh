#!/usr/bin/env bash
# Copies the payments of the program that Hermes replaces into a running Hermes, through POST /api/bookings.
set -euo pipefail
umask 077

usage() {
  cat <<'TEXT'
usage: import-original.sh [OPTION]... DATABASE

Copies the rows of the table `payments` in DATABASE, the MySQL database of the program that Hermes replaces, into a running
Hermes. Each row is booked through POST /api/bookings, in the order of created_at and id. The old database is only read.

  --url URL             address of Hermes (default http://127.0.0.1:9292)
  --key-file FILE       file with an API key that has the scope bookings:write; required if the portal is closed
  --map FILE            append old id and new reference to this CSV file, and skip the rows that it already has
  --host HOST           address of the old database server
  --port PORT           its port
  --user USER           its user
  --defaults-file FILE  option file of the database client, with host, user and password
  --help                print this text

The password comes from the option file (by default ~/.my.cnf) or from MYSQL_PWD. The script needs bash, curl 7.83 or later, jq,
and mariadb or mysql.

Columns that the old table lacks are omitted, except id, name, email and amount. Hermes computes fees, checks and references
again. created_at becomes the time of the import, so equal payments can be flagged as duplicates. amount_received and status are
not imported: the summary counts the rows that have them.

The import can be repeated: each request has the idempotency key import-ID. Hermes stores these keys for 72 hours and per API
key. Use --map to repeat the import later or with another API key.

A rejected row is printed with its old id and the error codes, without personal data. The exit status is 0 if all rows are
booked, 1 if a row was rejected, and 2 if the import did not start or stopped early.
TEXT
}

# Ends the import with exit status 2.
stop() {
  printf 'import-original: %s\n' "$*" >&2
  exit 2
}

# The columns that the API accepts, and the columns that are counted. The names are the same in the table and in the API.
readonly REQUIRED=(name email amount)
readonly OPTIONAL=(currency_from school student_id sender_full_name country_from sender_address)
# curl repeats a request after a timeout or a status such as 429 or 503, after the time in Retry-After or about 1, 2, 4 … s.
readonly RETRIES=6
readonly REQUEST_MAX_S=60

url=http://127.0.0.1:9292 key_file='' map='' database='' defaults=() client_options=()

while [ $# -gt 0 ]; do
  case $1 in
    --help) usage; exit 0 ;;
    --url | --key-file | --map | --host | --port | --user | --defaults-file)
      [ $# -ge 2 ] || stop "$1 needs a value"
      case $1 in
        --url) url=${2%/} ;;
        --key-file) key_file=$2 ;;
        --map) map=$2 ;;
        --defaults-file) defaults=("--defaults-file=$2") ;;
        *) client_options+=("$1=$2") ;;
      esac
      shift 2 ;;
    -*) stop "unknown option ${1%%=*}; see --help" ;;
    *) [ -z "$database" ] || stop "name one database"; database=$1; shift ;;
  esac
done
[ -n "$database" ] || stop "name the old database; see --help"

client=$(command -v mariadb || command -v mysql) || stop "install mariadb or mysql"
for program in curl jq; do
  command -v "$program" >/dev/null || stop "install $program"
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Prints the rows of a query, without escapes: JSON contains no line break.
query() {
  # The client accepts --defaults-file only as its first option.
  "$client" "${defaults[@]}" --batch --raw --skip-column-names --default-character-set=utf8mb4 "${client_options[@]}" \
    --database="$database" --execute="$1"
}

has_column() {
  grep -qxF "$1" "$work/columns"
}

# Prints the SELECT that returns each payment as one JSON object. All values are texts, so no amount becomes a float.
select_payments() {
  local column fields='' received=0 status=0 order=id
  for column in "${REQUIRED[@]}" "${OPTIONAL[@]}"; do
    ! has_column "$column" || fields+=", '$column', CAST(\`$column\` AS CHAR)"
  done
  ! has_column amount_received || received='COALESCE(amount_received, 0) > 0'
  ! has_column status || status="COALESCE(UPPER(status), 'PENDING') <> 'PENDING'"
  ! has_column created_at || order='created_at, id'
  printf "SELECT JSON_OBJECT('id', CAST(id AS CHAR), 'received', IF(%s, 1, 0), 'changed', IF(%s, 1, 0)%s) FROM payments ORDER BY %s" \
    "$received" "$status" "$fields" "$order"
}

query "SELECT LOWER(column_name) FROM information_schema.columns
       WHERE table_schema = DATABASE() AND table_name = 'payments'" >"$work/columns" || stop "cannot read the old database"
[ -s "$work/columns" ] || stop "the database $database has no table payments"
for column in id "${REQUIRED[@]}"; do
  has_column "$column" || stop "the table payments has no column $column"
done
query "$(select_payments)" >"$work/rows" || stop "cannot read the table payments"

# Two lines per row: the old id, and the request without empty values. Zeros at the end of an amount are dropped, because
# the old table has two decimal places for every currency, and a yen has none.
jq -r '.id, (del(.id, .received, .changed) | with_entries(select(.value != null and .value != ""))
  | if (.amount // "") | test("[.]") then .amount |= (sub("0+$"; "") | sub("[.]$"; "")) else . end | tojson)' \
  "$work/rows" >"$work/requests" || stop "the old database returned no JSON"

headers=(--header 'Content-Type: application/json')
if [ -n "$key_file" ]; then
  key=$(tr -d '[:space:]' <"$key_file") || stop "cannot read $key_file"
  # printf is a part of bash, so no list of processes shows the key.
  printf 'Authorization: Bearer %s\n' "$key" >"$work/authorization"
  headers+=(--header "@$work/authorization")
fi

declare -A imported=()
if [ -n "$map" ]; then
  [ -s "$map" ] || echo 'old_id,reference' >"$map" || stop "cannot write $map"
  # An empty subscript would be an error of bash.
  while IFS=, read -r id reference; do [ -z "$id" ] || imported[$id]=$reference; done <"$map"
fi

booked=0 already=0 rejected=0

reject() {
  printf 'rejected %s: %s\n' "$1" "$2"
  rejected=$((rejected + 1))
}

# Prints the status of the response and the value of Idempotency-Replayed. The response is in $work/response.
post() {
  printf '%s' "$2" | curl --silent --show-error --proto '=http,https' --max-time "$REQUEST_MAX_S" --retry "$RETRIES" \
    "${headers[@]}" --header "Idempotency-Key: import-$1" --data-binary @- --output "$work/response" \
    --write-out '%{http_code} %header{idempotency-replayed}' "$url/api/bookings"
}

import_row() {
  local id=$1 outcome status replayed reference
  # The id is a part of a header and of a CSV line, and the key of an array.
  [[ $id =~ ^[A-Za-z0-9_-]{1,100}$ ]] || { reject "$(printf '%q' "$id")" unsupported-id; return; }
  [ -z "${imported[$id]:-}" ] || { already=$((already + 1)); return; }
  outcome=$(post "$id" "$2") || stop "stopped at $id: Hermes does not respond. Repeat the command to continue."
  read -r status replayed <<<"$outcome " || true
  case $status in
    201)
      if [ "$replayed" = true ]; then already=$((already + 1)); else booked=$((booked + 1)); fi
      reference=$(jq -r .reference "$work/response")
      imported[$id]=$reference
      [ -z "$map" ] || printf '%s,%s\n' "$id" "$reference" >>"$map" ;;
    400 | 409 | 413 | 422)
      reject "$id" "$(jq -r '[.errors[]?.code] | unique | join(" ")' "$work/response" | grep . || jq -r .code "$work/response")" ;;
    *) stop "stopped at $id: Hermes responds $status $(jq -r '.code // empty' "$work/response" 2>/dev/null || true)" ;;
  esac
}

while IFS= read -r id <&3 && IFS= read -r body <&3; do
  import_row "$id" "$body"
done 3<"$work/requests"

printf 'booked %d, already booked %d, rejected %d\n' "$booked" "$already" "$rejected"
jq -rs '"rows with money received: \(map(.received) | add // 0); rows with another status than PENDING: \(map(.changed) | add // 0). Hermes imports neither."' "$work/rows"
[ "$rejected" -eq 0 ]
