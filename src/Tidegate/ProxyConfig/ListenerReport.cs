using System.Globalization;
using Envoy.Admin.V3;
using Envoy.Config.Listener.V3;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Failures;
using Tidegate.Printing;

namespace Tidegate.ProxyConfig;

/// <summary>Which listeners are asked for; all conditions have to hold.</summary>
public sealed record ListenerFilter
{
    /// <summary>One of its addresses, without regard to case; empty for all.</summary>
    public string Address { get; init; } = string.Empty;

    /// <summary>Its port; 0 for all.</summary>
    public int Port { get; init; }

    /// <summary>Its type, without regard to case; empty for all.</summary>
    public string Type { get; init; } = string.Empty;

    /// <summary>Whether filter chains are shown, and not only the type.</summary>
    public bool IsVerbose { get; init; } = true;
}

/// <summary><c>proxy-config listener</c> (cli.md, 1).</summary>
public static class ListenerReport
{
    private const int Padding = 1;

    /// <summary>Writes the table.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="dump">What is told of.</param>
    /// <param name="filter">Which listeners.</param>
    /// <param name="form">Whose table.</param>
    /// <param name="isPartOfAll">Whether it is one of the tables of <c>proxy-config all</c>.</param>
    public static void WriteTable(TextWriter output, ConfigDumpDocument dump, ListenerFilter filter, TableForm form, bool isPartOfAll = false)
    {
        bool hasName = isPartOfAll && form == TableForm.Current;
        string[] columns = [form == TableForm.Current ? "ADDRESSES" : "ADDRESS", "PORT", .. filter.IsVerbose ? (string[])["MATCH", "DESTINATION"] : ["TYPE"]];
        var table = new TabTable(Padding);
        Add(hasName ? "NAME" : null, columns);
        IEnumerable<Listener> listeners = Select(dump, filter, form)
            .OrderBy(ListenerText.Port)
            .ThenBy(listener => ListenerText.Addresses(listener, form)[0], StringComparer.Ordinal)
            .ThenBy(ListenerText.TypeOf, StringComparer.Ordinal);
        foreach (Listener listener in listeners)
        {
            string? name = hasName ? $"listener/{listener.Name}" : null;
            string address = string.Join(',', ListenerText.Addresses(listener, form));
            string port = ListenerText.Port(listener).ToString(CultureInfo.InvariantCulture);
            if (!filter.IsVerbose)
            {
                Add(name, [address, port, ListenerText.TypeOf(listener)]);
                continue;
            }

            var rows = ListenerText.FilterChains(listener).Select(chain => (Match: ListenerText.Match(chain), Destination: ListenerText.Destination(chain, form)));
            foreach ((string match, string destination) in rows.OrderByDescending(row => row.Destination, StringComparer.Ordinal))
            {
                Add(name, [address, port, match, destination]);
            }
        }

        table.WriteTo(output);

        void Add(string? name, string[] cells) => table.Add(name is null ? cells : [name, .. cells]);
    }

    /// <summary>Writes which listeners do not serve, or not all that they were told to, and why: a line each.</summary>
    public static void WriteProblems(TextWriter output, ConfigDumpDocument dump)
    {
        foreach (ListenersConfigDump.Types.DynamicListener listener in dump.Section(ListenersConfigDump.Parser).DynamicListeners.Where(static listener => listener.ErrorState is not null))
        {
            string what = listener.ActiveState is null ? "does not serve" : "serves, but not all that it was told to";
            output.WriteLine($"listener {listener.Name} {what}: {listener.ErrorState.Details}");
        }
    }

    /// <summary>Writes the listeners themselves.</summary>
    public static void WriteMessages(TextWriter output, ConfigDumpDocument dump, ListenerFilter filter, TableForm form, OutputFormat format) =>
        OutputFormats.WriteList(output, format, Select(dump, filter, form));

    private static IEnumerable<Listener> Select(ConfigDumpDocument dump, ListenerFilter filter, TableForm form)
    {
        ListenersConfigDump section = dump.Section(ListenersConfigDump.Parser);
        Any?[] packed = [.. section.DynamicListeners.Select(listener => listener.ActiveState?.Listener), .. section.StaticListeners.Select(listener => listener.Listener)];
        Listener[] listeners = [.. packed.Where(listener => listener is not null).Select(ConfigDumpDocument.Unpack<Listener>)];
        if (listeners.Length == 0)
        {
            throw new CommandException("no listeners found");
        }

        return listeners.Where(listener =>
            (filter.Address.Length == 0 || ListenerText.Addresses(listener, form).Contains(filter.Address, StringComparer.OrdinalIgnoreCase))
            && (filter.Port == 0 || ListenerText.Port(listener) == filter.Port)
            && (filter.Type.Length == 0 || ListenerText.TypeOf(listener).Equals(filter.Type, StringComparison.OrdinalIgnoreCase)));
    }
}
