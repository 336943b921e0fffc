#!/usr/bin/env bash
# A CEL raw string that ends in a backslash, r"C:\", does not parse: the backslash is taken to escape the quotation mark.
#
# Found with @marcbachmann/cel-js 8.0.0. In the language definition nothing is an escape in a raw string, so that r"C:\" has three
# characters; @bufbuild/cel 0.6.1 reads it so. Patterns and Windows paths are where people write raw strings.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @marcbachmann/cel-js@8.0.0 @bufbuild/cel@0.6.1 >/dev/null
cat >seen.mjs <<'JS'
import { evaluate } from '@marcbachmann/cel-js';
import { celEnv, parse, plan } from '@bufbuild/cel';
const expression = 'size(r"C:\\")';
try {
  console.log('cel-js', String(evaluate(expression)));
} catch (error) {
  console.log('cel-js', error.message.split('\n')[0]);
}
console.log('bufbuild', String(plan(celEnv({}), parse(expression))({})));
JS
seen=$(node seen.mjs)
echo "$seen"
diff <(echo "$seen") - <<'OUT'
cel-js Unterminated string
bufbuild 3
OUT
