using System.Globalization;
using System.Text;
using Envoy.Admin.V3;
using Envoy.Config.Core.V3;
using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Printing;

namespace Tidegate.ProxyConfig;

/// <summary><c>proxy-config bootstrap</c> (cli.md, 3.5).</summary>
public static class BootstrapReport
{
    private const int Padding = 1;

    // Parts of Envoy's version after the number, and what stands before each.
    private static readonly (char Separator, string Key)[] VersionParts = [('-', "build.label"), ('/', "revision.status"), ('/', "build.type"), ('/', "ssl.version")];

    /// <summary>Writes the versions that the bootstrap names.</summary>
    public static void WriteTable(TextWriter output, ConfigDumpDocument dump)
    {
        Node node = dump.Section(BootstrapConfigDump.Parser).Bootstrap?.Node ?? new Node();
        var table = new TabTable(Padding);
        if (Text(node.Metadata?.Fields, "ISTIO_VERSION") is { Length: > 0 } version)
        {
            table.Add("Istio Version:", version);
        }

        if (Text(node.Metadata?.Fields, "ISTIO_PROXY_SHA") is { Length: > 0 } hash)
        {
            table.Add("Istio Proxy Version:", hash.Split(':') is [_, var afterColon, ..] ? afterColon : hash);
        }

        table.Add("Envoy Version:", EnvoyVersion(node.UserAgentBuildVersion));
        table.WriteTo(output);
    }

    /// <summary>Writes the section itself.</summary>
    public static void WriteMessage(TextWriter output, ConfigDumpDocument dump, OutputFormat format) =>
        OutputFormats.WriteMessage(output, format, dump.Section(BootstrapConfigDump.Parser));

    private static string EnvoyVersion(BuildVersion? build)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{build?.Version?.MajorNumber ?? 0}.{build?.Version?.MinorNumber ?? 0}.{build?.Version?.Patch ?? 0}");
        foreach ((char separator, string key) in VersionParts)
        {
            if (Text(build?.Metadata?.Fields, key) is { } part)
            {
                text.Append(separator).Append(part);
            }
        }

        return text.ToString();
    }

    private static string? Text(MapField<string, Value>? fields, string key) =>
        fields is not null && fields.TryGetValue(key, out Value? value) ? value.StringValue : null;
}
