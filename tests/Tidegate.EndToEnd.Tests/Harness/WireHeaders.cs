using System.Collections;
using System.Globalization;

namespace Tidegate.EndToEnd.Tests.Harness;

/// <summary>Fields in the order of arrival; names compare without case.</summary>
public sealed class WireHeaders : IEnumerable<KeyValuePair<string, string>>
{
    private readonly List<KeyValuePair<string, string>> _fields = [];

    /// <summary>The value; several of the same name joined with commas; null when there is none.</summary>
    public string? this[string name]
    {
        get
        {
            string[] values = All(name);
            return values.Length == 0 ? null : string.Join(",", values);
        }
    }

    /// <summary>The values of all fields of that name.</summary>
    public string[] All(string name) =>
        [.. _fields.Where(field => field.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(field => field.Value)];

    /// <summary>Whether a field of that name is there.</summary>
    public bool Has(string name) => All(name).Length > 0;

    /// <summary>
    /// The length of the body: from the one framing header, -1 when chunked, null when there is none. Anything else than one
    /// plain framing header is an error (RFC 9112, 6).
    /// </summary>
    public long? BodyLength()
    {
        string[] lengths = All("content-length");
        string[] codings = All("transfer-encoding");
        if (lengths.Length + codings.Length > 1)
        {
            throw new WireException($"more than one framing header: content-length {string.Join(" and ", lengths)}, transfer-encoding {string.Join(" and ", codings)}");
        }

        if (codings is [var coding])
        {
            return coding == "chunked" ? -1 : throw new WireException($"transfer-encoding is \"{coding}\"");
        }

        if (lengths is not [var length])
        {
            return null;
        }

        return length.All(char.IsAsciiDigit) && long.TryParse(length, CultureInfo.InvariantCulture, out long bytes)
            ? bytes
            : throw new WireException($"content-length is \"{length}\"");
    }

    /// <summary>Adds a field at the end.</summary>
    public void Add(string name, string value) => _fields.Add(new(name, value));

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => _fields.GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
