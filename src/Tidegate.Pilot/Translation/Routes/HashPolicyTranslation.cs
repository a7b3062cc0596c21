using Tidegate.Pilot.Resources;
using static Envoy.Config.Route.V3.RouteAction.Types;

namespace Tidegate.Pilot.Translation.Routes;

/// <summary>What a DestinationRule's consistent hash is computed from (spec 4.14).</summary>
internal static class HashPolicyTranslation
{
    public static HashPolicy? Translate(ConsistentHashLb hash)
    {
        if (!string.IsNullOrEmpty(hash.HttpHeaderName))
        {
            return new HashPolicy { Header = new HashPolicy.Types.Header { HeaderName = hash.HttpHeaderName } };
        }
        if (hash.HttpCookie is { } cookie)
        {
            var policy = new HashPolicy.Types.Cookie { Name = cookie.Name, Path = cookie.Path };
            if (cookie.Ttl is { } ttl)
            {
                policy.Ttl = Durations.Of(ttl);
            }
            policy.Attributes.Add(cookie.Attributes.Select(attribute =>
                new HashPolicy.Types.CookieAttribute { Name = attribute.Name, Value = attribute.Value }));
            return new HashPolicy { Cookie = policy };
        }
        if (hash.UseSourceIp)
        {
            return new HashPolicy { ConnectionProperties = new HashPolicy.Types.ConnectionProperties { SourceIp = true } };
        }
        return string.IsNullOrEmpty(hash.HttpQueryParameterName)
            ? null
            : new HashPolicy { QueryParameter = new HashPolicy.Types.QueryParameter { Name = hash.HttpQueryParameterName } };
    }
}
