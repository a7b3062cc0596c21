using Envoy.Admin.V3;
using Envoy.Config.Core.V3;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Failures;
using Tidegate.Printing;
using Tidegate.Xds;

namespace Tidegate.ProxyConfig;

/// <summary><c>proxy-config ecds</c> (cli.md, 3.8): filters whose configuration is sent apart.</summary>
public static class EcdsReport
{
    private const int Padding = 5;

    /// <summary>Writes the table.</summary>
    public static void WriteTable(TextWriter output, ConfigDumpDocument dump)
    {
        var table = new TabTable(Padding);
        table.Add("ECDS NAME", "TYPE");
        foreach ((string name, string type) in Select(dump)
            .Select(filter => (filter.Name, Type: TypeOf(filter.TypedConfig)))
            .OrderBy(row => row.Type, StringComparer.Ordinal)
            .ThenBy(row => row.Name, StringComparer.Ordinal))
        {
            table.Add(name, type);
        }

        table.WriteTo(output);
    }

    /// <summary>Writes the section itself, with the filters of all such sections of the dump.</summary>
    public static void WriteMessage(TextWriter output, ConfigDumpDocument dump, OutputFormat format)
    {
        EcdsConfigDump merged = new() { EcdsFilters = { dump.Sections(EcdsConfigDump.Parser).SelectMany(section => section.EcdsFilters) } };
        OutputFormats.WriteMessage(output, format, merged.EcdsFilters.Count > 0 ? merged : throw NoFilters(dump));
    }

    private static List<TypedExtensionConfig> Select(ConfigDumpDocument dump)
    {
        List<TypedExtensionConfig> filters =
        [
            .. dump.Sections(EcdsConfigDump.Parser)
                .SelectMany(section => section.EcdsFilters)
                .Where(filter => filter.EcdsFilter is not null)
                .Select(filter => ConfigDumpDocument.Unpack<TypedExtensionConfig>(filter.EcdsFilter)),
        ];
        return filters.Count > 0 ? filters : throw NoFilters(dump);
    }

    private static CommandException NoFilters(ConfigDumpDocument dump)
    {
        _ = dump.Section(EcdsConfigDump.Parser); // the section's absence has an error of its own
        return new CommandException("no ecds filters found");
    }

    private static string TypeOf(Any? config)
    {
        string typeUrl = config?.TypeUrl ?? string.Empty;
        if (typeUrl == XdsTypes.UrlOf(Struct.Descriptor) && Struct.Parser.ParseFrom(config!.Value).Fields.TryGetValue("@type", out Value? foreign))
        {
            typeUrl = foreign.StringValue;
        }

        return typeUrl.StartsWith(XdsTypes.Prefix, StringComparison.Ordinal) ? typeUrl[XdsTypes.Prefix.Length..] : typeUrl;
    }
}
