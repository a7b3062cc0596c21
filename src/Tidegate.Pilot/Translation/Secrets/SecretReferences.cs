using System.Collections;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.EnvoyFilters;
using Tidegate.Pilot.Translation.Security;
using Tidegate.Xds;

namespace Tidegate.Pilot.Translation.Secrets;

/// <summary>Who asks for a value of a Secret.</summary>
/// <param name="Resource">The object.</param>
/// <param name="Path">The field.</param>
/// <param name="IsTrusted">Whether it may be served from whatever namespace it names.</param>
internal sealed record GenericSecretUser(Resource Resource, string Path, bool IsTrusted);

/// <summary>The names by which TLS contexts ask for secrets, and whether they want a certificate with its key, or authorities; and the values that filters ask for.</summary>
internal sealed class SecretReferences
{
    private readonly SortedDictionary<string, bool> _names = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, List<GenericSecretUser>> _generic = new(StringComparer.Ordinal);

    /// <summary>Every name once; true for a certificate. What is asked for as both is a certificate.</summary>
    public IEnumerable<KeyValuePair<string, bool>> Names => _names;

    /// <summary>The names of values that filters ask for, with who asks.</summary>
    public IEnumerable<KeyValuePair<string, List<GenericSecretUser>>> Generic => _generic;

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

    /// <summary>Takes the names of values that the filters of policies use.</summary>
    public void AddPolicies(IEnumerable<PolicySecret> secrets)
    {
        foreach (var secret in secrets)
        {
            AddGeneric(secret.Name.ToString(), new GenericSecretUser(secret.Policy, secret.Path, IsTrusted: true));
        }
    }

    /// <summary>Takes the names of values that EnvoyFilters use.</summary>
    public void AddPatches(IEnumerable<EnvoyPatch> patches)
    {
        foreach (var patch in patches.Where(patch => patch.Value is not null))
        {
            foreach (var name in NamesIn(patch.Value!).Where(GenericSecretName.IsGeneric).Distinct())
            {
                AddGeneric(name, new GenericSecretUser(patch.Source, patch.ValuePath, IsTrusted: false));
            }
        }
    }

    private void AddGeneric(string name, GenericSecretUser user)
    {
        if (!_generic.TryGetValue(name, out var users))
        {
            _generic.Add(name, users = []);
        }
        users.Add(user);
    }

    // Messages are in messages, in lists and maps of them, and packed.
    private static IEnumerable<string> NamesIn(IMessage message)
    {
        if (message is SdsSecretConfig secret)
        {
            return [secret.Name];
        }
        if (message is Any packed)
        {
            return XdsTypeRegistry.Find(packed.TypeUrl) is { } type ? NamesIn(type.Parser.ParseFrom(packed.Value)) : [];
        }
        return message.Descriptor.Fields.InDeclarationOrder().Where(static field => field.FieldType == FieldType.Message).SelectMany(field => field.Accessor.GetValue(message) switch
        {
            IDictionary map => map.Values.OfType<IMessage>(),
            IList list => list.OfType<IMessage>(),
            IMessage inner => [inner],
            _ => [],
        }).SelectMany(NamesIn);
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
