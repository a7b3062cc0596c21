using Envoy.Extensions.TransportSockets.Tls.V3;
using Envoy.Service.Discovery.V3;
using Google.Protobuf;
using Tidegate.Pilot.Yaml;
using Tidegate.Xds;

namespace Tidegate.Pilot.Sources;

/// <summary>
/// Reads a file of resources as Envoy subscribes to one (<c>path_config_source</c>): a <c>DiscoveryResponse</c> in YAML or JSON. Nothing that it says of what is wrong quotes the file,
/// which may hold secrets.
/// </summary>
public static class DiscoveryFile
{
    private static readonly JsonParser Parser = new(JsonParser.Settings.Default.WithTypeRegistry(XdsTypeRegistry.Instance));

    /// <summary>The secret of a name; null, with what is wrong, when there is none.</summary>
    /// <param name="text">The file.</param>
    /// <param name="name">The name.</param>
    /// <param name="problem">What is wrong.</param>
    public static Secret? FindSecret(string text, string name, out string problem)
    {
        YamlDocument[] documents = [.. YamlReader.Read(text)];
        problem = documents is [{ Error: not null } broken, ..] ? $"line {broken.ErrorLine} is no YAML" : documents.Length != 1 ? "one document is expected" : "";
        if (problem.Length > 0)
        {
            return null;
        }

        try
        {
            DiscoveryResponse response = Parser.Parse<DiscoveryResponse>(YamlJson.Write(documents[0].Root!));
            foreach (var resource in response.Resources)
            {
                if (resource.TryUnpack(out Secret secret) && secret.Name == name)
                {
                    return secret;
                }
            }

            problem = $"it has no secret of the name \"{name}\"";
        }
        catch (Exception exception) when (exception is InvalidProtocolBufferException or InvalidOperationException)
        {
            // The latter is what the parser says of a type that it does not know.
            problem = "it is no DiscoveryResponse with resources of the type envoy.extensions.transport_sockets.tls.v3.Secret";
        }

        return null;
    }
}
