using System.Globalization;
using Envoy.Config.Core.V3;
using Envoy.Extensions.Filters.Http.ExtAuthz.V3;
using Envoy.Type.Matcher.V3;
using Envoy.Type.V3;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.Services;
using HttpExtAuthz = Envoy.Extensions.Filters.Http.ExtAuthz.V3.ExtAuthz;
using NetworkExtAuthz = Envoy.Extensions.Filters.Network.ExtAuthz.V3.ExtAuthz;

namespace Tidegate.Pilot.Translation.Security;

/// <summary>The filters that ask a provider (istio-gateway.md 7.3, "CUSTOM provider"; security-envoy.md 7).</summary>
internal sealed class ExtensionProviderTranslation(ExtensionProvider provider, ServiceIndex services, ProxyNode node)
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(600);

    /// <summary>What is wrong with the provider, so that it cannot be asked; null when nothing is.</summary>
    public string? Problem => Check();

    private string? Cluster => ClusterOf() is var (host, name) && host.Length > 0 ? name : null;

    /// <summary>The filter for requests.</summary>
    public HttpExtAuthz Http()
    {
        var filter = new HttpExtAuthz
        {
            FailureModeAllow = provider.FailOpen,
            TransportApiVersion = ApiVersion.V3,
            ClearRouteCache = provider.ClearRouteCache,
            FilterEnabledMetadata = EnabledBy("envoy.filters.http.rbac"),
            WithRequestBody = provider.IncludeRequestBodyInCheck is { } body
                ? new BufferSettings { MaxRequestBytes = body.MaxRequestBytes, AllowPartialMessage = body.AllowPartialMessage, PackAsBytes = body.PackAsBytes }
                : null,
        };
        if (StatusOnError() is { } status)
        {
            filter.StatusOnError = new HttpStatus { Code = status };
        }

        if (provider.IsGrpc)
        {
            filter.GrpcService = Grpc();
            return filter;
        }

        (string host, string cluster) = ClusterOf();
        filter.HttpService = new HttpService
        {
            PathPrefix = provider.PathPrefix,
            ServerUri = new HttpUri { Uri = $"http://{host}", Cluster = cluster, Timeout = Durations.Of(provider.Timeout ?? DefaultTimeout) },
        };
        filter.AllowedHeaders = Names(provider.IncludeRequestHeadersInCheck);
        if (provider.IncludeAdditionalHeadersInCheck.Count > 0)
        {
            filter.HttpService.AuthorizationRequest = new AuthorizationRequest
            {
                HeadersToAdd =
                {
                    from header in provider.IncludeAdditionalHeadersInCheck.OrderBy(header => header.Key, StringComparer.Ordinal)
                    select new HeaderValue { Key = header.Key, Value = header.Value },
                },
            };
        }

        if (provider.HeadersToUpstreamOnAllow.Count + provider.HeadersToDownstreamOnDeny.Count + provider.HeadersToDownstreamOnAllow.Count > 0)
        {
            filter.HttpService.AuthorizationResponse = new AuthorizationResponse
            {
                AllowedUpstreamHeaders = Names(provider.HeadersToUpstreamOnAllow),
                AllowedClientHeaders = Names(provider.HeadersToDownstreamOnDeny),
                AllowedClientHeadersOnSuccess = Names(provider.HeadersToDownstreamOnAllow),
            };
        }

        return filter;
    }

    /// <summary>The filter for connections of bytes; null for a provider that only knows requests.</summary>
    public NetworkExtAuthz? Tcp() => !provider.IsGrpc ? null : new NetworkExtAuthz
    {
        StatPrefix = "tcp.",
        FailureModeAllow = provider.FailOpen,
        TransportApiVersion = ApiVersion.V3,
        GrpcService = Grpc(),
        FilterEnabledMetadata = EnabledBy("envoy.filters.network.rbac"),
    };

    private static string? CheckNames(IEnumerable<string> names) => names.FirstOrDefault(static name => name is "" or "*") is { } wrong
        ? $"a header list has \"{wrong}\", which is neither a name nor a part of one"
        : null;

    private static ListStringMatcher? Names(IReadOnlyList<string> names) => names.Count == 0 ? null : new ListStringMatcher
    {
        Patterns = { names.Select(static name => ValueMatchers.Text(name, ignoreCase: true)) },
    };

    private string? Check()
    {
        if (!provider.IsAuthorizer)
        {
            return "is no authorizer: only envoyExtAuthzHttp and envoyExtAuthzGrpc are";
        }

        if (provider.Port is 0 or > 65535)
        {
            return $"port must be from 1 to 65535, found {provider.Port}";
        }

        if (provider.PathPrefix.Length > 0 && !provider.PathPrefix.StartsWith('/'))
        {
            return $"pathPrefix must begin with a slash, found \"{provider.PathPrefix}\"";
        }

        if (provider.StatusOnError.Length > 0 && StatusOnError() is null)
        {
            return $"statusOnError \"{provider.StatusOnError}\" is no status that is known";
        }

        if (provider.IncludeRequestBodyInCheck is { MaxRequestBytes: 0 })
        {
            return "includeRequestBodyInCheck.maxRequestBytes is missing";
        }

        string? names = CheckNames([
            .. provider.IncludeRequestHeadersInCheck, .. provider.HeadersToUpstreamOnAllow, .. provider.HeadersToDownstreamOnDeny, .. provider.HeadersToDownstreamOnAllow,
        ]);
        return names ?? (Cluster is null ? $"there is no service \"{provider.Service}\" that the gateway can see" : null);
    }

    private StatusCode? StatusOnError() =>
        int.TryParse(provider.StatusOnError, NumberStyles.None, CultureInfo.InvariantCulture, out int code) && code > 0 && Enum.IsDefined((StatusCode)code)
            ? (StatusCode)code
            : null;

    private (string Host, string Cluster) ClusterOf()
    {
        string[] parts = provider.Service.Split('/');
        string host = parts[^1];
        MeshService? service = parts.Length > 2 ? null
            : services.Find(host, node.Namespace) is { } seen && (parts.Length == 1 || seen.Namespace == parts[0]) ? seen
            : services.All.FirstOrDefault(known => known.Hostname == host && (parts.Length == 1 || known.Namespace == parts[0]));
        return service is null ? ("", "") : (service.Hostname, new ClusterName((int)provider.Port, "", service.Hostname).ToString());
    }

    private GrpcService Grpc()
    {
        string cluster = ClusterOf().Cluster;
        return new GrpcService
        {
            EnvoyGrpc = new GrpcService.Types.EnvoyGrpc { ClusterName = cluster, Authority = cluster.Replace("|", "_.", StringComparison.Ordinal) },
            Timeout = Durations.Of(provider.Timeout ?? DefaultTimeout),
        };
    }

    private MetadataMatcher EnabledBy(string filter) => ValueMatchers.Metadata(
        filter,
        ["istio_ext_authz_shadow_effective_policy_id"],
        new ValueMatcher { StringMatch = new StringMatcher { Prefix = $"istio-ext-authz-{provider.Name}-" } });
}
