// Validates an OpenAPI and an AsyncAPI document: node validate.mjs openapi.json asyncapi.json
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";
import { Validator } from "@seriousme/openapi-schema-validator";

const [openapi, asyncapi] = process.argv.slice(2);
const faults = [];

const validator = new Validator();
const outcome = await validator.validate(JSON.parse(readFileSync(openapi, "utf8")));
if (!outcome.valid) faults.push(`${openapi}: ${JSON.stringify(outcome.errors)}`);

const { document, diagnostics } = await new Parser().parse(readFileSync(asyncapi, "utf8"));
const errors = diagnostics.filter((d) => d.severity === 0);
if (!document || errors.length > 0) {
  faults.push(...errors.map((d) => `${asyncapi}: ${d.path.join(".")}: ${d.message}`));
  if (errors.length === 0) faults.push(`${asyncapi}: no document`);
}

for (const fault of faults) console.log(fault);
if (faults.length > 0) process.exit(1);
console.log(`OpenAPI ${validator.version}: ${Object.keys(validator.resolveRefs().paths).length} paths`);
console.log(`AsyncAPI ${document.version()}: ${document.channels().all().length} channels`);
