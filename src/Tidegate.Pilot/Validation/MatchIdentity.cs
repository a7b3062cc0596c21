using System.Globalization;
using System.Text;
using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Validation;

/// <summary>A text that is the same for two matches exactly if they match the same; names do not count.</summary>
internal static class MatchIdentity
{
    /// <summary>That of an HTTP match.</summary>
    public static string Of(HttpMatchRequest match) => new Writer()
        .Add(match.Uri).Add(match.Scheme).Add(match.Method).Add(match.Authority)
        .Add(match.Headers).Add(match.WithoutHeaders).Add(match.QueryParams)
        .Add(match.Port).Add(match.SourceLabels).Add(match.Gateways)
        .Add(match.IgnoreUriCase ? "i" : string.Empty).Add(match.SourceNamespace).Add(match.StatPrefix)
        .ToString();

    /// <summary>That of a TLS match.</summary>
    public static string Of(TlsMatchAttributes match) => new Writer()
        .Add(match.SniHosts).Add(match.DestinationSubnets).Add(match.Port).Add(match.SourceLabels).Add(match.Gateways).Add(match.SourceNamespace)
        .ToString();

    /// <summary>That of a TCP match.</summary>
    public static string Of(L4MatchAttributes match) => new Writer()
        .Add(match.DestinationSubnets).Add(match.Port).Add(match.SourceSubnet).Add(match.SourceLabels).Add(match.Gateways).Add(match.SourceNamespace)
        .ToString();

    // Each text is written with its length before it, so that no two sequences of texts look the same.
    private sealed class Writer
    {
        private readonly StringBuilder _text = new();

        public Writer Add(string text)
        {
            _text.Append(CultureInfo.InvariantCulture, $"{text.Length}:").Append(text);
            return this;
        }

        public Writer Add(uint number) => Add(number.ToString(CultureInfo.InvariantCulture));

        public Writer Add(StringMatch? match) => match is null ? Add("-") : Add(match.Kind.ToString()).Add(match.Value);

        public Writer Add(IReadOnlyList<string> texts)
        {
            Add((uint)texts.Count);
            foreach (string text in texts)
            {
                Add(text);
            }

            return this;
        }

        public Writer Add(IReadOnlyDictionary<string, string> entries)
        {
            Add((uint)entries.Count);
            foreach ((string key, string value) in entries.OrderBy(entry => entry.Key, StringComparer.Ordinal))
            {
                Add(key).Add(value);
            }

            return this;
        }

        public Writer Add(IReadOnlyDictionary<string, StringMatch> entries)
        {
            Add((uint)entries.Count);
            foreach ((string key, StringMatch value) in entries.OrderBy(entry => entry.Key, StringComparer.Ordinal))
            {
                Add(key).Add(value);
            }

            return this;
        }

        public override string ToString() => _text.ToString();
    }
}
