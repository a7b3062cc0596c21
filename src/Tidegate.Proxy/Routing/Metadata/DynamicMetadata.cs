using System.Buffers;
using System.Text;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;

namespace Tidegate.Proxy.Routing.Metadata;

/// <summary>
/// What the filters of one exchange tell each other, the choice of the route and the access log: values by filter and name (Envoy: dynamic metadata).
/// Owned by one worker and used again; values are shared and immutable, so setting one allocates nothing.
/// </summary>
internal sealed class DynamicMetadata
{
    private Entry[] _entries = [];
    private int _count;

    /// <summary>Whether nothing is there.</summary>
    public bool IsEmpty => _count == 0;

    /// <summary>Sets the value of a name.</summary>
    /// <param name="filter">The filter that says it.</param>
    /// <param name="name">The name.</param>
    /// <param name="value">The value.</param>
    public void Set(string filter, string name, MetadataValue value)
    {
        for (int i = 0; i < _count; i++)
        {
            if (_entries[i].Name == name && _entries[i].Filter == filter)
            {
                _entries[i].Value = value;
                return;
            }
        }

        if (_count == _entries.Length)
        {
            Array.Resize(ref _entries, Math.Max(8, _count * 2));
        }

        _entries[_count++] = new Entry { Filter = filter, Name = name, Value = value };
    }

    /// <summary>The value of a name; null when there is none.</summary>
    public MetadataValue? Find(string filter, string name)
    {
        for (int i = 0; i < _count; i++)
        {
            if (_entries[i].Name == name && _entries[i].Filter == filter)
            {
                return _entries[i].Value;
            }
        }

        return null;
    }

    /// <summary>Whether a filter has said anything.</summary>
    public bool Has(string filter)
    {
        for (int i = 0; i < _count; i++)
        {
            if (_entries[i].Filter == filter)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Writes what a filter has said as JSON.</summary>
    public void WriteTo(Utf8JsonWriter json, string filter)
    {
        json.WriteStartObject();
        for (int i = 0; i < _count; i++)
        {
            if (_entries[i].Filter == filter)
            {
                json.WritePropertyName(_entries[i].Name);
                _entries[i].Value.WriteTo(json);
            }
        }

        json.WriteEndObject();
    }

    /// <summary>What a filter has said, for others.</summary>
    public Struct ToStruct(string filter)
    {
        var text = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(text))
        {
            WriteTo(json, filter);
        }

        return Struct.Parser.ParseJson(Encoding.UTF8.GetString(text.WrittenSpan));
    }

    /// <summary>Forgets all.</summary>
    public void Clear()
    {
        _entries.AsSpan(0, _count).Clear();
        _count = 0;
    }

    private struct Entry
    {
        public string Filter;
        public string Name;
        public MetadataValue Value;
    }
}
