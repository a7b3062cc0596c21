using System.Collections;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Envoy.Extensions.AccessLoggers.File.V3;
using Envoy.Extensions.Filters.Http.ExtAuthz.V3;
using Envoy.Extensions.Filters.Http.Fault.V3;
using Envoy.Extensions.Filters.Http.JwtAuthn.V3;
using Envoy.Extensions.Filters.Http.Oauth2.V3;
using Envoy.Extensions.Path.Match.UriTemplate.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Envoy.Type.Matcher.V3;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Rules.Expressions;
using Tidegate.Rules.Formats;
using Tidegate.Rules.Values;
using Tidegate.Xds;

namespace Tidegate.Pilot.Translation.EnvoyFilters;

/// <summary>
/// Finds values in a patch that the proxy would refuse, by the same rules, or a stock Envoy by those of its API: with one of them more than the patch would be
/// refused, such as the virtual host that the patch is merged into. Nothing is said of messages that are not there.
/// </summary>
internal static class PatchRules
{
    /// <summary>The first value that is wrong, by its path in the patch's value; null when there is none.</summary>
    /// <param name="message">The value.</param>
    /// <param name="wholeness">Whether it is merged into something.</param>
    public static (string Path, string Problem)? Check(IMessage message, Wholeness wholeness) => Check(message, wholeness, "");

    private static (string Path, string Problem)? Check(IMessage message, Wholeness wholeness, string path)
    {
        if (message is Any packed)
        {
            return XdsTypeRegistry.Find(packed.TypeUrl) is { } type ? Check(type.Parser.ParseFrom(packed.Value), wholeness, path) : null;
        }
        foreach (var (field, problem) in OwnValues(message).Concat(FieldConstraints.Check(message, wholeness).Select(found => (found.Field, (string?)found.Problem))))
        {
            if (problem is not null)
            {
                return (Join(path, field), problem);
            }
        }
        foreach (var field in message.Descriptor.Fields.InFieldNumberOrder())
        {
            if (field.FieldType == FieldType.Message && CheckField(field, field.Accessor.GetValue(message), wholeness, Join(path, field.Name)) is { } found)
            {
                return found;
            }
        }
        return null;
    }

    private static (string Path, string Problem)? CheckField(FieldDescriptor field, object? value, Wholeness wholeness, string path)
    {
        if (field.IsMap)
        {
            foreach (DictionaryEntry entry in (IDictionary)value!)
            {
                if (entry.Value is IMessage inner && Check(inner, Wholeness.Item, $"{path}[{entry.Key}]") is { } found)
                {
                    return found;
                }
            }
            return null;
        }
        if (!field.IsRepeated)
        {
            return value is IMessage message ? Check(message, wholeness, path) : null;
        }
        var items = (IList)value!;
        for (var i = 0; i < items.Count; i++)
        {
            if (items[i] is IMessage inner && Check(inner, Wholeness.Item, $"{path}[{i}]") is { } found)
            {
                return found;
            }
        }
        return null;
    }

    /// <summary>What is wrong with the values of a message itself, field by field; null for what is right.</summary>
    private static IEnumerable<(string Field, string? Problem)> OwnValues(IMessage message) => message switch
    {
        Duration duration => [("", duration.Seconds < 0 || duration.Nanos < 0 ? "duration must not be negative" : null)],
        HeaderValueOption { Header: { } header } => [("header.key", Name(header.Key)), ("header.value", FieldRules.CheckValue(header.Value) ?? FormatString.Check(header.Value))],
        Listener { Address: { } address } =>
        [
            ("address", address.AddressCase is Address.AddressOneofCase.SocketAddress or Address.AddressOneofCase.None ? null : $"an address of kind {address.AddressCase} is not supported"),
            ("address.socket_address.address", address.SocketAddress?.Address is { Length: > 0 } text ? AddressRules.CheckAddress(text) : null),
        ],
        HealthCheck.Types.HttpHealthCheck { Path: { Length: > 0 } path } => [("path", path[0] == '/' ? null : $"\"{path}\" is no path")],
        SocketAddress { PortSpecifierCase: SocketAddress.PortSpecifierOneofCase.PortValue } socket => [("port_value", AddressRules.CheckPort(socket.PortValue))],
        CidrRange range => [("address_prefix", AddressRules.CheckRange(range.AddressPrefix, range.PrefixLen ?? 0))],
        FilterChainMatch match =>
        [
            ("destination_port", match.DestinationPort is { } port ? AddressRules.CheckMatchedPort(port) : null),
            .. match.SourcePorts.Select((port, i) => ($"source_ports[{i}]", AddressRules.CheckMatchedPort(port))),
            .. match.ServerNames.Select((name, i) => ($"server_names[{i}]", HostRules.CheckServerName(name))),
        ],
        TlsParameters { TlsMinimumProtocolVersion: > TlsParameters.Types.TlsProtocol.TlsAuto and var min, TlsMaximumProtocolVersion: > TlsParameters.Types.TlsProtocol.TlsAuto and var max } when min > max =>
            [("tls_minimum_protocol_version", "is above tls_maximum_protocol_version")],
        RegexMatcher matcher => [("regex", Re2Expression.Check(matcher.Regex))],
        RegexMatchAndSubstitute rewrite => [("substitution", Substitution(rewrite))],
        SubstitutionFormatString { FormatCase: SubstitutionFormatString.FormatOneofCase.JsonFormat } format => [("json_format", LogFormat.Check(JsonFormatter.Default.Format(format.JsonFormat), isJson: true))],
        SubstitutionFormatString { TextFormatSource.InlineString: { Length: > 0 } text } => [("text_format_source.inline_string", FormatString.Check(text))],
#pragma warning disable CS0612 // hand-written filters still use the deprecated forms
        SubstitutionFormatString { HasTextFormat: true } format => [("text_format", FormatString.Check(format.TextFormat))],
        FileAccessLog { HasFormat: true } log => [("format", FormatString.Check(log.Format))],
#pragma warning restore CS0612
        VirtualHost host =>
        [
            .. host.Domains.Select((domain, i) => ($"domains[{i}]", HostRules.CheckDomain(domain))),
            .. Removals(host.RequestHeadersToRemove, host.ResponseHeadersToRemove),
        ],
        RouteConfiguration configuration => Removals(configuration.RequestHeadersToRemove, configuration.ResponseHeadersToRemove),
        Route route => Removals(route.RequestHeadersToRemove, route.ResponseHeadersToRemove),
        RouteAction action =>
        [
            ("host_rewrite_literal", action.HostRewriteLiteral.Length == 0 ? null : HostRules.CheckAuthority(action.HostRewriteLiteral)),
            ("prefix_rewrite", PathRules.CheckTarget(action.PrefixRewrite)),
        ],
        WeightedCluster.Types.ClusterWeight cluster => Removals(cluster.RequestHeadersToRemove, cluster.ResponseHeadersToRemove),
        RedirectAction redirect =>
        [
            ("host_redirect", PathRules.CheckTarget(redirect.HostRedirect)),
            ("path_redirect", PathRules.CheckTarget(redirect.PathRedirect)),
            ("prefix_rewrite", PathRules.CheckTarget(redirect.PrefixRewrite)),
        ],
        DirectResponseAction response => [("status", response.Status == 0 ? null : StatusRules.CheckAnswer(response.Status))],
        OAuth2Config login =>
        [
            ("authorization_endpoint", login.AuthorizationEndpoint.Length == 0 ? null : UrlRules.CheckEndpoint(login.AuthorizationEndpoint)),
            ("end_session_endpoint", login.EndSessionEndpoint.Length == 0 ? null : UrlRules.CheckEndpoint(login.EndSessionEndpoint)),
            ("redirect_uri", FormatString.Check(login.RedirectUri)),
            ("original_request_uri", FormatString.Check(login.OriginalRequestUri)),
        ],
        OAuth2Credentials credentials => [("cookie_domain", CookieRules.CheckAttribute(credentials.CookieDomain))],
        OAuth2Credentials.Types.CookieNames names => CookieNames(names),
        CookieConfig cookie => [("path", cookie.Path.Length > 0 && cookie.Path[0] != '/' ? "does not begin with a slash" : CookieRules.CheckAttribute(cookie.Path))],
        PostLogoutRedirectUri { ConfigCase: PostLogoutRedirectUri.ConfigOneofCase.Uri } logout => [("uri", FormatString.Check(logout.Uri))],
        UriTemplateMatchConfig template => [("path_template", UriTemplateParts.TryParse(template.PathTemplate, out var problem) is null ? problem : null)],
        JwtHeader place => [("name", FieldRules.CheckName(place.Name))],
        JwtClaimToHeader claim => [("header_name", FieldRules.CheckName(claim.HeaderName))],
        JwtProvider provider => [("forward_payload_header", provider.ForwardPayloadHeader.Length == 0 ? null : FieldRules.CheckName(provider.ForwardPayloadHeader))],
        HttpService authorizer => [("path_prefix", authorizer.PathPrefix.Length > 0 && authorizer.PathPrefix[0] != '/' ? "does not begin with a slash" : null)],
        FaultAbort { ErrorTypeCase: FaultAbort.ErrorTypeOneofCase.HttpStatus } abort => [("http_status", StatusRules.CheckAnswer(abort.HttpStatus))],
        Cluster.Types.RingHashLbConfig ring =>
        [
            ("minimum_ring_size", HashTableRules.CheckRingSize(ring.MinimumRingSize ?? 0)),
            ("maximum_ring_size", HashTableRules.CheckRingSize(ring.MaximumRingSize ?? 0)),
            ("minimum_ring_size", ring.MinimumRingSize > ring.MaximumRingSize ? "is greater than maximum_ring_size" : null),
        ],
        Cluster.Types.MaglevLbConfig { TableSize: { } size } => [("table_size", HashTableRules.CheckMaglevSize(size))],
        _ => [],
    };

    private static IEnumerable<(string Field, string? Problem)> CookieNames(IMessage names) => names.Descriptor.Fields.InDeclarationOrder()
        .Select(field => (field.Name, Text: (string)field.Accessor.GetValue(names)))
        .Where(static name => name.Text.Length > 0)
        .Select(static name => (name.Name, CookieRules.CheckName(name.Text)));

    private static IEnumerable<(string Field, string? Problem)> Removals(IEnumerable<string> request, IEnumerable<string> response) =>
    [
        .. request.Select((name, i) => ($"request_headers_to_remove[{i}]", Name(name))),
        .. response.Select((name, i) => ($"response_headers_to_remove[{i}]", Name(name))),
    ];

    private static string? Name(string name) => FieldRules.IsChangeable(name) ? FieldRules.CheckName(name) : $"header {name} may not be changed";

    private static string? Substitution(RegexMatchAndSubstitute rewrite)
    {
        if (rewrite.Pattern is null || !Re2Expression.TryParse(rewrite.Pattern.Regex, out var expression, out _))
        {
            return null; // that is said of the pattern
        }
        return Re2Substitution.TryParse(rewrite.Substitution, expression.GroupCount, out _, out var problem) ? PathRules.CheckTarget(rewrite.Substitution) : problem;
    }

    private static string Join(string path, string field) => path.Length == 0 ? field : field.Length == 0 ? path : $"{path}.{field}";
}
