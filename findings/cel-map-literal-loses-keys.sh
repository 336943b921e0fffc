#!/usr/bin/env bash
# A CEL map literal with the key "constructor" (or "prototype") evaluates without an error, and the key is gone.
#
# Found with @marcbachmann/cel-js 8.0.0 on Node.js 20 and 24. The language definition has any string as a key of a map;
# @bufbuild/cel 0.6.1 keeps these. Who builds an object from form fields or column names loses one and is not told.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @marcbachmann/cel-js@8.0.0 @bufbuild/cel@0.6.1 >/dev/null
cat >seen.mjs <<'JS'
import { evaluate } from '@marcbachmann/cel-js';
import { celEnv, parse, plan } from '@bufbuild/cel';
const expression = '{"constructor": 7, "prototype": 1, "price": 2}';
console.log('cel-js', JSON.stringify(Object.keys(evaluate(expression))));
console.log('bufbuild', JSON.stringify([...plan(celEnv({}), parse(expression))({}).keys()]));
JS
seen=$(node seen.mjs)
echo "$seen"
diff <(echo "$seen") - <<'OUT'
cel-js ["price"]
bufbuild ["constructor","prototype","price"]
OUT
