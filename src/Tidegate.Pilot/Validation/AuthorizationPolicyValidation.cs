using Tidegate.Pilot.Resources;
using Tidegate.Rules.Values;

namespace Tidegate.Pilot.Validation;

/// <summary>Checks an AuthorizationPolicy (Istio: <c>ValidateAuthorizationPolicy</c>; istio-gateway.md 10.6).</summary>
internal static class AuthorizationPolicyValidation
{
    private const string Meaningless =
        "action without `rules` is meaningless as it will never be triggered, add an empty rule `{}` if you want it be triggered for every request";

    private static readonly string[] IdentityKeys = ["source.namespace", "source.principal", "source.serviceAccount", "source.trustDomain"];

    public static void Check(AuthorizationPolicy policy, Findings findings)
    {
        AuthorizationPolicySpec spec = policy.Spec;
        PolicyTargetsValidation.Check(spec.Targets, findings);
        if (spec.Action is AuthorizationAction.Custom or AuthorizationAction.Deny && spec.Rules.Count == 0)
        {
            findings.Error("spec.rules", $"{Word(spec.Action)} {Meaningless}");
        }

        if (spec.Action == AuthorizationAction.Custom && string.IsNullOrEmpty(spec.Provider))
        {
            findings.Error("spec.provider", "`provider.name` must not be empty");
        }
        else if (spec.Action != AuthorizationAction.Custom && spec.Provider is not null)
        {
            findings.Error("spec.provider", $"`provider` must not be with non CUSTOM action, found {Word(spec.Action)}");
        }

        CheckDryRun(policy, findings);
        for (int i = 0; i < spec.Rules.Count; i++)
        {
            CheckRule(spec.Rules[i], spec.Action, i, findings);
        }

        if (spec.Action == AuthorizationAction.Deny && spec.Rules.Any(IsHttpOnly))
        {
            findings.Warn(
                "spec.rules",
                "configured AuthorizationPolicy will deny all traffic to TCP ports under its scope due to the use of only HTTP attributes in a DENY rule; it is recommended to explicitly specify the port");
        }
    }

    private static void CheckDryRun(AuthorizationPolicy policy, Findings findings)
    {
        if (!policy.Metadata.Annotations.TryGetValue(AuthorizationPolicy.DryRunAnnotation, out string? value))
        {
            return;
        }

        string field = $"metadata.annotations.{AuthorizationPolicy.DryRunAnnotation}";
        if (GoBoolean.Parse(value) is null)
        {
            findings.Error(field, $"found {GoText.Quote(value)}, expected \"true\" or \"false\"");
        }
        else if (policy.Spec.Action is AuthorizationAction.Custom or AuthorizationAction.Audit)
        {
            findings.Error(field, $"{Word(policy.Spec.Action)} action does not support dry run, only ALLOW and DENY do");
        }
    }

    private static void CheckRule(AuthorizationRule rule, AuthorizationAction action, int index, Findings findings)
    {
        string field = $"spec.rules[{index}]";
        bool isCustom = action == AuthorizationAction.Custom;
        for (int i = 0; i < rule.From.Count; i++)
        {
            CheckSource(rule.From[i], isCustom, $"{field}.from[{i}]", index, findings);
        }

        for (int i = 0; i < rule.To.Count; i++)
        {
            CheckOperation(rule.To[i], $"{field}.to[{i}]", index, findings);
        }

        for (int i = 0; i < rule.When.Count; i++)
        {
            CheckCondition(rule.When[i], isCustom, $"{field}.when[{i}]", findings);
        }
    }

    private static void CheckSource(AuthorizationSource? source, bool isCustom, string field, int index, Findings findings)
    {
        if (source is null)
        {
            findings.Error(field, $"`from.source` must not be nil, found at rule {index}");
            return;
        }

        field = $"{field}.source";
        (string Name, AuthorizationValues Values, bool IsIdentity, Func<string, string?>? Check)[] fields =
        [
            ("principals", source.Principals, true, null),
            ("requestPrincipals", source.RequestPrincipals, true, null),
            ("namespaces", source.Namespaces, true, null),
            ("serviceAccounts", source.ServiceAccounts, true, AuthorizationValueSyntax.CheckServiceAccount),
            ("trustDomains", source.TrustDomains, true, null),
            ("ipBlocks", source.IpBlocks, false, AddressSyntax.CheckSubnet),
            ("remoteIpBlocks", source.RemoteIpBlocks, false, AddressSyntax.CheckSubnet),
        ];
        if (Array.TrueForAll(fields, static one => one.Values.IsEmpty))
        {
            findings.Error(field, $"`from.source` must not be empty, found at rule {index}");
        }

        foreach ((string name, AuthorizationValues values, bool isIdentity, Func<string, string?>? check) in fields)
        {
            CheckValues(field, name, values, check, findings);
            if (isCustom && isIdentity)
            {
                NotWithCustom(values.Values.Count > 0, $"{field}.{name}", $"From.{Capital(name)}", findings);
                NotWithCustom(values.NotValues.Count > 0, $"{field}.not{Capital(name)}", $"From.Not{Capital(name)}", findings);
            }
        }

        if (!source.ServiceAccounts.IsEmpty && (!source.Namespaces.IsEmpty || !source.Principals.IsEmpty))
        {
            findings.Error($"{field}.serviceAccounts", $"cannot set serviceAccounts with namespaces or principals, found at rule {index}");
        }
    }

    private static void CheckOperation(AuthorizationOperation? operation, string field, int index, Findings findings)
    {
        if (operation is null)
        {
            findings.Error(field, $"`to.operation` must not be nil, found at rule {index}");
            return;
        }

        field = $"{field}.operation";
        if (operation.Hosts.IsEmpty && operation.Ports.IsEmpty && operation.Methods.IsEmpty && operation.Paths.IsEmpty)
        {
            findings.Error(field, $"`to.operation` must not be empty, found at rule {index}");
        }

        CheckValues(field, "hosts", operation.Hosts, null, findings);
        CheckValues(field, "ports", operation.Ports, AuthorizationValueSyntax.CheckPort, findings);
        CheckValues(field, "methods", operation.Methods, null, findings);
        CheckValues(field, "paths", operation.Paths, PathTemplateRules.Check, findings);
    }

    private static void CheckValues(string field, string name, AuthorizationValues values, Func<string, string?>? check, Findings findings)
    {
        Check(values.Values, $"{field}.{name}");
        Check(values.NotValues, $"{field}.not{Capital(name)}");

        void Check(IReadOnlyList<string> list, string where)
        {
            for (int i = 0; i < list.Count; i++)
            {
                if (list[i].Length == 0)
                {
                    findings.Error($"{where}[{i}]", $"empty value not allowed, found in {where[(where.LastIndexOf('.') + 1)..]}");
                }
                else
                {
                    findings.Check($"{where}[{i}]", check?.Invoke(list[i]));
                }
            }
        }
    }

    private static void CheckCondition(AuthorizationCondition condition, bool isCustom, string field, Findings findings)
    {
        if (condition.Key.Length == 0)
        {
            findings.Error(field, "`key` must not be empty");
            return;
        }

        if (condition.Values.IsEmpty)
        {
            findings.Error(field, $"at least one of `values` or `notValues` must be set for key {condition.Key}");
            return;
        }

        if (AuthorizationKeys.CheckKey(condition.Key) is { } problem)
        {
            string list = condition.Values.Values.Count > 0 ? "value" : "notValue";
            findings.Error($"{field}.key", $"invalid `{list}` for `key` {condition.Key}: {problem}");
            return;
        }

        Check(condition.Values.Values, "values", "value");
        Check(condition.Values.NotValues, "notValues", "notValue");
        bool isIdentity = IdentityKeys.Contains(condition.Key) || condition.Key.StartsWith("request.auth.", StringComparison.Ordinal);
        NotWithCustom(isCustom && isIdentity, $"{field}.key", condition.Key, findings);

        void Check(IReadOnlyList<string> values, string list, string word)
        {
            for (int i = 0; i < values.Count; i++)
            {
                if (AuthorizationKeys.CheckValue(condition.Key, values[i]) is { } wrong)
                {
                    findings.Error($"{field}.{list}[{i}]", $"invalid `{word}` for `key` {condition.Key}: {wrong}");
                }
            }
        }
    }

    private static void NotWithCustom(bool isUsed, string field, string name, Findings findings)
    {
        if (isUsed)
        {
            findings.Error(field, $"{name} is currently not supported with CUSTOM action");
        }
    }

    // Istio: nothing in it counts for a connection of bytes, so all of these are kept out.
    private static bool IsHttpOnly(AuthorizationRule rule)
    {
        bool hasHttp = rule.From.Any(source => source is { RequestPrincipals.IsEmpty: false })
            || rule.To.Any(operation => operation is { Hosts.IsEmpty: false } or { Methods.IsEmpty: false } or { Paths.IsEmpty: false })
            || rule.When.Any(condition => AuthorizationKeys.IsHttpOnly(condition.Key));
        bool hasOther = rule.From.Any(source => source is { Principals.IsEmpty: false } or { Namespaces.IsEmpty: false } or { ServiceAccounts.IsEmpty: false }
                or { TrustDomains.IsEmpty: false } or { IpBlocks.IsEmpty: false } or { RemoteIpBlocks.IsEmpty: false })
            || rule.To.Any(operation => operation is { Ports.IsEmpty: false })
            || rule.When.Any(condition => !AuthorizationKeys.IsHttpOnly(condition.Key));
        return hasHttp && !hasOther;
    }

    private static string Capital(string name) => char.ToUpperInvariant(name[0]) + name[1..];

    private static string Word(AuthorizationAction action) => action.ToString().ToUpperInvariant();
}
