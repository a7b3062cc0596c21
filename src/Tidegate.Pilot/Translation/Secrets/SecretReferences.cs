using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Tidegate.Xds;

namespace Tidegate.Pilot.Translation.Secrets;

/// <summary>The names by which TLS contexts ask for secrets, and whether they want a certificate with its key, or authorities.</summary>
internal sealed class SecretReferences
{
    private readonly SortedDictionary<string, bool> _names = new(StringComparer.Ordinal);

    /// <summary>Every name once; true for a certificate. What is asked for as both is a certificate.</summary>
    public IEnumerable<KeyValuePair<string, bool>> Names => _names;

    /// <summary>Takes the names in listeners.</summary>
    public void AddListeners(IEnumerable<XdsResource> resources)
    {
        foreach (var resource in resources)
        {
            foreach (var chain in ((Listener)resource.Message).FilterChains)
            {
                if (chain.TransportSocket?.TypedConfig is { } packed && packed.TryUnpack(out DownstreamTlsContext context))
                {
                    Add(context.CommonTlsContext);
                }
            }
        }
    }

    /// <summary>Takes the names in clusters.</summary>
    public void AddClusters(IEnumerable<XdsResource> resources)
    {
        foreach (var cluster in resources.Select(resource => resource.Message).OfType<Cluster>())
        {
            Add(cluster.TransportSocket);
            foreach (var match in cluster.TransportSocketMatches)
            {
                Add(match.TransportSocket);
            }
        }
    }

    private void Add(TransportSocket? socket)
    {
        if (socket?.TypedConfig is { } packed && packed.TryUnpack(out UpstreamTlsContext context))
        {
            Add(context.CommonTlsContext);
        }
    }

    private void Add(CommonTlsContext context)
    {
        foreach (var certificate in context.TlsCertificateSdsSecretConfigs)
        {
            _names[certificate.Name] = true;
        }
        var validation = context.ValidationContextSdsSecretConfig ?? context.CombinedValidationContext?.ValidationContextSdsSecretConfig;
        if (validation is not null)
        {
            _names.TryAdd(validation.Name, false);
        }
    }
}
