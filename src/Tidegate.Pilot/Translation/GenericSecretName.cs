using Envoy.Config.Core.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;

namespace Tidegate.Pilot.Translation;

/// <summary>
/// The name of one value of a Kubernetes Secret that a filter uses, such as a password: <c>kubernetes-generic://NAMESPACE/NAME/KEY</c>, or <c>kubernetes-generic://NAME/KEY</c> in
/// the namespace of the gateway's pod. The control plane serves it under that name as a generic secret (Envoy: <c>GenericSecret</c>).
/// </summary>
/// <param name="Namespace">The namespace; null for that of the gateway's pod.</param>
/// <param name="Name">The Secret.</param>
/// <param name="Key">The key of its <c>data</c>.</param>
public readonly record struct GenericSecretName(string? Namespace, string Name, string Key)
{
    private const string Scheme = "kubernetes-generic://";

    /// <summary>Reads a name; null when it is none of these, or has not these parts.</summary>
    public static GenericSecretName? TryParse(string name)
    {
        if (!IsGeneric(name))
        {
            return null;
        }
        var parts = name[Scheme.Length..].Split('/');
        return parts.Any(static part => part.Length == 0) ? null
            : parts is [var @namespace, var of, var key] ? new GenericSecretName(@namespace, of, key)
            : parts is [var own, var ownKey] ? new GenericSecretName(null, own, ownKey)
            : null;
    }

    /// <summary>Whether a name is meant to be one of these.</summary>
    public static bool IsGeneric(string name) => name.StartsWith(Scheme, StringComparison.Ordinal);

    /// <summary>A reference to it in a filter's configuration, by which it comes over the aggregated stream.</summary>
    public SdsSecretConfig ToReference() => new()
    {
        Name = ToString(),
        SdsConfig = new ConfigSource { Ads = new AggregatedConfigSource(), ResourceApiVersion = ApiVersion.V3 },
    };

    /// <inheritdoc/>
    public override string ToString() => Namespace is null ? $"{Scheme}{Name}/{Key}" : $"{Scheme}{Namespace}/{Name}/{Key}";
}
