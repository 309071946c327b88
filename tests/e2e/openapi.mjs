// Has a validator that we did not write read the OpenAPI document on standard
// input: `node openapi.mjs < openapi.json`.

import { Validator } from "@seriousme/openapi-schema-validator";

let text = "";
for await (const part of process.stdin) text += part;
const validator = new Validator();
const { valid, errors } = await validator.validate(JSON.parse(text));
if (!valid) {
  console.error(JSON.stringify(errors, null, 2));
  process.exit(1);
}
console.log(validator.version);
