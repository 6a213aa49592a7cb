// Judges a template by cdk-nag's AWS Solutions and Serverless packs and prints what they find, as JSON:
// [{ rule, resource, text, reason }], where reason is the exception that the resource's own Metadata makes, or null;
// and the exceptions that nothing needs: [{ rule, resource, reason }].
// usage: nag.cjs TEMPLATE.json
const { readFileSync } = require('node:fs');
const { App, Stack } = require('aws-cdk-lib');
const { CfnInclude } = require('aws-cdk-lib/cloudformation-include');
const { AwsSolutionsChecks, ServerlessChecks } = require('cdk-nag');

const templateFile = process.argv[2];
const { Resources } = JSON.parse(readFileSync(templateFile, 'utf8'));
const stack = new Stack(new App(), 'Nag');
new CfnInclude(stack, 'Template', { templateFile });

// SAM copies a function's Metadata to the EventInvokeConfig it makes: there the exceptions are nobody's.
const exceptions = Object.entries(Resources).filter(([, { Type }]) => Type !== 'AWS::Lambda::EventInvokeConfig').flatMap(([resource, { Metadata }]) =>
  (Metadata?.cdk_nag?.rules_to_suppress ?? []).map((exception) => ({ resource, ...exception, used: new Set() })));

// A finding is "Rule" or "Rule[what]". An exception with applies_to covers the listed whats only.
const covers = (exception, resource, rule, what) => exception.resource === resource && exception.id === rule
  && (exception.applies_to === undefined || exception.applies_to.includes(what));

const findings = [];
for (const Pack of [AwsSolutionsChecks, ServerlessChecks]) {
  for (const violation of new Pack(undefined, { verbose: true }).validateScope(stack).violations) {
    const [, rule, what] = /^([^[]+)(?:\[(.*)\])?$/s.exec(violation.ruleName);
    for (const { constructPath } of violation.violatingResources) {
      const resource = constructPath.split('/').at(-1);
      const exception = exceptions.find((candidate) => covers(candidate, resource, rule, what));
      exception?.used.add(what);
      findings.push({ rule: violation.ruleName, resource, text: violation.description, reason: exception?.reason ?? null });
    }
  }
}

const unused = exceptions.flatMap(({ id, resource, reason, applies_to, used }) => (applies_to ?? [undefined])
  .filter((what) => (what === undefined ? used.size === 0 : !used.has(what)))
  .map((what) => ({ rule: what === undefined ? id : `${id}[${what}]`, resource, reason })));

console.log(JSON.stringify({ findings, unused }));
