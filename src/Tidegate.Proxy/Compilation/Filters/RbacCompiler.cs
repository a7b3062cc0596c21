using Envoy.Config.Core.V3;
using Envoy.Config.Rbac.V3;
using Envoy.Extensions.Filters.Http.Rbac.V3;
using Envoy.Extensions.Path.Match.UriTemplate.V3;
using Tidegate.Proxy.Filters.Authorization;
using Tidegate.Proxy.Routing;
using Tidegate.Rules.Values;
using HttpRbac = Envoy.Extensions.Filters.Http.Rbac.V3.RBAC;
using RulesProto = Envoy.Config.Rbac.V3.RBAC;
using StringMatcher = Envoy.Type.Matcher.V3.StringMatcher;

// Fields that Envoy calls deprecated are what control planes still send.
#pragma warning disable CS0612

namespace Tidegate.Proxy.Compilation.Filters;

/// <summary>
/// Compiles policies. Each is a unit of refusal, and closed on its own: of one that keeps requests out, a condition that cannot be read counts as met; of one
/// that lets them in, as not met. So what is wrong with a policy keeps out what that policy is about, and nobody else.
/// </summary>
internal sealed class RbacCompiler(MatcherCompiler matchers)
{
    /// <summary>Compiles the filter of a listener.</summary>
    public static RbacFilter Compile(HttpRbac config, FilterParts parts, CompileScope scope)
    {
        var compiler = new RbacCompiler(parts.Matchers);
        scope.RefuseIf(config.Matcher is not null, "matcher is not supported");
        scope.LeaveOutIf(config.ShadowMatcher is not null, "shadow_matcher is not supported");
        return new RbacFilter
        {
            Rules = config.Rules is null ? null : compiler.Rules(config.Rules, scope.At("rules")),
            ShadowRules = config.ShadowRules is null ? null : compiler.Rules(config.ShadowRules, scope.At("shadow_rules")),
            Names = new RbacResultNames(config.RulesStatPrefix),
            ShadowNames = new RbacResultNames(config.ShadowRulesStatPrefix),
        };
    }

    /// <summary>Compiles what a route says to it; without policies the filter is off there.</summary>
    public static (object? Settings, bool IsDisabled) CompileForRoute(RBACPerRoute config, FilterParts parts, CompileScope scope) =>
        config.Rbac is null ? (null, true) : (Compile(config.Rbac, parts, scope.At("rbac")), false);

    /// <summary>Compiles the policies of one action.</summary>
    public AccessRules Rules(RulesProto rules, CompileScope scope)
    {
        AccessAction action = rules.Action switch
        {
            RulesProto.Types.Action.Allow => AccessAction.Allow,
            RulesProto.Types.Action.Deny => AccessAction.Deny,
            RulesProto.Types.Action.Log => AccessAction.Log,
            _ => AccessAction.Deny,
        };
        scope.RefuseIf(rules.Action is not (RulesProto.Types.Action.Allow or RulesProto.Types.Action.Deny or RulesProto.Types.Action.Log), $"action {rules.Action} is not known");
        scope.NoteIf(rules.AuditLoggingOptions is { LoggerConfigs.Count: > 0 }, "audit_logging_options are not acted on");
        return new AccessRules(action, rules.Policies.Select(policy => Policy(policy.Key, policy.Value, action, scope.Named("policies", policy.Key))));
    }

    private AccessPolicy Policy(string name, Policy policy, AccessAction action, CompileScope scope)
    {
        CompileUnit unit = scope.BeginUnit();
        var side = new Side(KeepsOut: action == AccessAction.Deny, IsNegated: false);
        unit.Scope.RefuseIf(policy.Condition is not null || policy.CheckedCondition is not null, "condition is not supported");
        unit.Scope.RefuseIf(policy.Permissions.Count == 0, "permissions is empty");
        unit.Scope.RefuseIf(policy.Principals.Count == 0, "principals is empty");
        AccessCondition condition = AccessCondition.Never;
        try
        {
            condition = AccessCondition.All(
            [
                policy.Permissions.Count == 0 ? side.Unknown : AccessCondition.Any(policy.Permissions.Select((permission, i) => Permission(permission, side, unit.Scope.At("permissions", i)))),
                policy.Principals.Count == 0 ? side.Unknown : AccessCondition.Any(policy.Principals.Select((principal, i) => Principal(principal, side, unit.Scope.At("principals", i)))),
                policy.Condition is not null || policy.CheckedCondition is not null ? side.Unknown : AccessCondition.Always,
            ]);
        }
        catch (Exception exception)
        {
            unit.Fail(exception);
            condition = side.Unknown;
        }

        if (unit.IsRefused)
        {
            unit.LeaveOut(keepsLastGood: false);
        }

        return new AccessPolicy(name, condition);
    }

    private AccessCondition Permission(Permission permission, Side side, CompileScope scope)
    {
        switch (permission.RuleCase)
        {
            case Envoy.Config.Rbac.V3.Permission.RuleOneofCase.AndRules:
                return AccessCondition.All(permission.AndRules.Rules.Select((rule, i) => Permission(rule, side, scope.At("and_rules").At("rules", i))));
            case Envoy.Config.Rbac.V3.Permission.RuleOneofCase.OrRules:
                return AccessCondition.Any(permission.OrRules.Rules.Select((rule, i) => Permission(rule, side, scope.At("or_rules").At("rules", i))));
            case Envoy.Config.Rbac.V3.Permission.RuleOneofCase.NotRule:
                return AccessCondition.Not(Permission(permission.NotRule, side.Opposite, scope.At("not_rule")));
            case Envoy.Config.Rbac.V3.Permission.RuleOneofCase.Any:
                return permission.Any ? AccessCondition.Always : Unknown(side, scope, "any is false");
            case Envoy.Config.Rbac.V3.Permission.RuleOneofCase.Header:
                return Header(permission.Header, side, scope.At("header"));
            case Envoy.Config.Rbac.V3.Permission.RuleOneofCase.UrlPath:
                return Text(permission.UrlPath.Path, side, scope.At("url_path").At("path"), static matcher => new PathCondition(matcher));
            case Envoy.Config.Rbac.V3.Permission.RuleOneofCase.UriTemplate:
                return Template(permission.UriTemplate, side, scope.At("uri_template"));
            case Envoy.Config.Rbac.V3.Permission.RuleOneofCase.DestinationIp:
                return Address(permission.DestinationIp, SubjectAddress.Local, side, scope.At("destination_ip"));
            case Envoy.Config.Rbac.V3.Permission.RuleOneofCase.DestinationPort:
                return new PortCondition((int)permission.DestinationPort, (int)permission.DestinationPort + 1);
            case Envoy.Config.Rbac.V3.Permission.RuleOneofCase.DestinationPortRange:
                return new PortCondition(permission.DestinationPortRange.Start, permission.DestinationPortRange.End);
            case Envoy.Config.Rbac.V3.Permission.RuleOneofCase.RequestedServerName:
                return Text(permission.RequestedServerName, side, scope.At("requested_server_name"), static matcher => new ServerNameCondition(matcher));
            case Envoy.Config.Rbac.V3.Permission.RuleOneofCase.Metadata:
                return Metadata(permission.Metadata, side, scope.At("metadata"));
            default:
                return Unknown(side, scope, $"the permission {permission.RuleCase} is not supported");
        }
    }

    private AccessCondition Principal(Principal principal, Side side, CompileScope scope)
    {
        switch (principal.IdentifierCase)
        {
            case Envoy.Config.Rbac.V3.Principal.IdentifierOneofCase.AndIds:
                return AccessCondition.All(principal.AndIds.Ids.Select((id, i) => Principal(id, side, scope.At("and_ids").At("ids", i))));
            case Envoy.Config.Rbac.V3.Principal.IdentifierOneofCase.OrIds:
                return AccessCondition.Any(principal.OrIds.Ids.Select((id, i) => Principal(id, side, scope.At("or_ids").At("ids", i))));
            case Envoy.Config.Rbac.V3.Principal.IdentifierOneofCase.NotId:
                return AccessCondition.Not(Principal(principal.NotId, side.Opposite, scope.At("not_id")));
            case Envoy.Config.Rbac.V3.Principal.IdentifierOneofCase.Any:
                return principal.Any ? AccessCondition.Always : Unknown(side, scope, "any is false");
            case Envoy.Config.Rbac.V3.Principal.IdentifierOneofCase.Authenticated:
                return principal.Authenticated.PrincipalName is { } name
                    ? Text(name, side, scope.At("authenticated").At("principal_name"), static matcher => new CertificateCondition(matcher))
                    : new CertificateCondition(null);
            case Envoy.Config.Rbac.V3.Principal.IdentifierOneofCase.SourceIp:
                return Address(principal.SourceIp, SubjectAddress.Peer, side, scope.At("source_ip"));
            case Envoy.Config.Rbac.V3.Principal.IdentifierOneofCase.DirectRemoteIp:
                return Address(principal.DirectRemoteIp, SubjectAddress.Peer, side, scope.At("direct_remote_ip"));
            case Envoy.Config.Rbac.V3.Principal.IdentifierOneofCase.RemoteIp:
                return Address(principal.RemoteIp, SubjectAddress.Remote, side, scope.At("remote_ip"));
            case Envoy.Config.Rbac.V3.Principal.IdentifierOneofCase.Header:
                return Header(principal.Header, side, scope.At("header"));
            case Envoy.Config.Rbac.V3.Principal.IdentifierOneofCase.UrlPath:
                return Text(principal.UrlPath.Path, side, scope.At("url_path").At("path"), static matcher => new PathCondition(matcher));
            case Envoy.Config.Rbac.V3.Principal.IdentifierOneofCase.Metadata:
                return Metadata(principal.Metadata, side, scope.At("metadata"));
            default:
                return Unknown(side, scope, $"the principal {principal.IdentifierCase} is not supported");
        }
    }

    private static AccessCondition Unknown(Side side, CompileScope scope, string reason)
    {
        scope.Refuse(reason);
        return side.Unknown;
    }

    // Where a repeated field decides whom a policy spares, every value of it has to be one that is spared.
    private AccessCondition Header(Envoy.Config.Route.V3.HeaderMatcher header, Side side, CompileScope scope)
    {
        int faults = scope.FaultCount;
        var matcher = matchers.Header(header, scope, needsEveryValue: side.KeepsOut && side.IsNegated != header.InvertMatch);
        return scope.FaultCount > faults ? side.Unknown : new HeaderCondition(matcher);
    }

    private static AccessCondition Text(StringMatcher? matcher, Side side, CompileScope scope, Func<Routing.ValueMatcher, AccessCondition> make)
    {
        if (matcher is null)
        {
            return Unknown(side, scope, "is missing");
        }

        return MatcherCompiler.Value(matcher, scope) is { } value ? make(value) : side.Unknown;
    }

    private static AccessCondition Address(CidrRange range, SubjectAddress address, Side side, CompileScope scope) =>
        AddressPrefix.TryRead(range, out AddressPrefix prefix, out string? error)
            ? new AddressCondition(address, prefix, isMapped: prefix.Address.IsIPv4 && range.AddressPrefix.Contains(':', StringComparison.Ordinal))
            : Unknown(side, scope, error);

    private static AccessCondition Metadata(Envoy.Type.Matcher.V3.MetadataMatcher metadata, Side side, CompileScope scope)
    {
        int faults = scope.FaultCount;
        Routing.MetadataMatcher? matcher = MatcherCompiler.Metadata(metadata, scope);
        return matcher is null || scope.FaultCount > faults ? side.Unknown : new MetadataCondition(matcher);
    }

    private static AccessCondition Template(TypedExtensionConfig extension, Side side, CompileScope scope)
    {
        if (!scope.TryUnpack(extension.TypedConfig, out UriTemplateMatchConfig? config))
        {
            return side.Unknown;
        }

        return UriTemplateParts.TryParse(config.PathTemplate, out string problem) is { } parts
            ? new PathTemplateCondition(new UriTemplate(parts))
            : Unknown(side, scope, problem);
    }

    /// <summary>On which side of a policy a condition stands.</summary>
    /// <param name="KeepsOut">Whether the policy keeps out whom it fits.</param>
    /// <param name="IsNegated">Whether it is the opposite of the condition that is asked for.</param>
    private readonly record struct Side(bool KeepsOut, bool IsNegated)
    {
        /// <summary>The other side.</summary>
        public Side Opposite => this with { IsNegated = !IsNegated };

        /// <summary>What stands for a condition that cannot be read: the policy keeps out more, or lets in less.</summary>
        public AccessCondition Unknown => KeepsOut != IsNegated ? AccessCondition.Always : AccessCondition.Never;
    }
}
