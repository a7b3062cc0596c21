using System.Runtime.InteropServices;
using System.Text;

namespace Tidegate.Pilot.Yaml;

/// <summary>
/// A mapping as bytes: a tenth of what the tree of nodes takes, for the thousands of objects of which nobody asks for a line. What is said
/// and on which lines are apart, so that two that say the same in the same order are found by comparing bytes.
/// </summary>
internal sealed class PackedYaml
{
    /// <summary>What aliases expand to is not worth packing.</summary>
    private const long MostNodes = 20_000;
    private const int MostBytes = 1 << 20;

    // A single value's is its type (YamlScalarType); these come after the types.
    private const byte SequenceTag = (byte)YamlScalarType.Number + 1;
    private const byte MappingTag = SequenceTag + 1;

    private readonly byte[] _content;
    private readonly byte[] _lines;

    private PackedYaml(byte[] content, byte[] lines)
    {
        _content = content;
        _lines = lines;
    }

    /// <summary>Packs a mapping; null when it is too large for that.</summary>
    public static PackedYaml? Pack(YamlMapping root)
    {
        if (root.Size > MostNodes)
        {
            return null;
        }

        var packer = new Packer();
        return packer.Write(root) ? new PackedYaml([.. packer.Content], [.. packer.Lines]) : null;
    }

    /// <summary>The mapping again.</summary>
    public YamlMapping Unpack() => (YamlMapping)new Unpacker(_content, _lines).Read();

    /// <summary>Whether both say the same in the same order. Others may say the same all the same.</summary>
    public bool HasSameContent(PackedYaml other) => _content.AsSpan().SequenceEqual(other._content);

    private sealed class Packer
    {
        private int _line;

        public List<byte> Content { get; } = new(512);

        public List<byte> Lines { get; } = new(64);

        public bool Write(YamlNode node)
        {
            WriteLine(node.Line);
            switch (node)
            {
                case YamlScalar scalar:
                    Content.Add((byte)scalar.Type);
                    WriteText(scalar.Value);
                    break;
                case YamlSequence sequence:
                    Content.Add(SequenceTag);
                    WriteNumber(Content, sequence.Items.Count);
                    foreach (YamlNode item in sequence.Items)
                    {
                        if (!Write(item))
                        {
                            return false;
                        }
                    }

                    break;
                case YamlMapping mapping:
                    Content.Add(MappingTag);
                    WriteNumber(Content, mapping.Entries.Count);
                    foreach (YamlEntry entry in mapping.Entries)
                    {
                        WriteText(entry.Key);
                        WriteLine(entry.Line);
                        if (!Write(entry.Value))
                        {
                            return false;
                        }
                    }

                    break;
            }

            return Content.Count <= MostBytes;
        }

        // As the distance from the one before, which an alias can make negative.
        private void WriteLine(int line)
        {
            int distance = line - _line;
            WriteNumber(Lines, (distance << 1) ^ (distance >> 31));
            _line = line;
        }

        private void WriteText(string text)
        {
            // Its characters as they are keep what is no text in any encoding: lone surrogates.
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            bool isUtf8 = text.Length == bytes.Length || Encoding.UTF8.GetString(bytes) == text;
            bytes = isUtf8 ? bytes : MemoryMarshal.AsBytes(text.AsSpan()).ToArray();
            WriteNumber(Content, (bytes.Length << 1) | (isUtf8 ? 0 : 1));
            Content.AddRange(bytes);
        }

        private static void WriteNumber(List<byte> to, int number)
        {
            uint rest = (uint)number;
            while (rest > 0x7F)
            {
                to.Add((byte)(rest | 0x80));
                rest >>= 7;
            }

            to.Add((byte)rest);
        }
    }

    private sealed class Unpacker(byte[] content, byte[] lines)
    {
        private int _at;
        private int _lineAt;
        private int _line;

        public YamlNode Read()
        {
            int line = ReadLine();
            byte tag = content[_at++];
            switch (tag)
            {
                case SequenceTag:
                    var items = new YamlNode[ReadNumber(content, ref _at)];
                    for (int i = 0; i < items.Length; i++)
                    {
                        items[i] = Read();
                    }

                    return new YamlSequence(line, 1 + items.Sum(item => item.Size), items);
                case MappingTag:
                    var entries = new YamlEntry[ReadNumber(content, ref _at)];
                    for (int i = 0; i < entries.Length; i++)
                    {
                        string key = ReadText();
                        int keyLine = ReadLine();
                        entries[i] = new YamlEntry(key, keyLine, Read());
                    }

                    return new YamlMapping(line, 1 + entries.Sum(entry => entry.Value.Size), entries);
                default:
                    return new YamlScalar(line, ReadText(), (YamlScalarType)tag);
            }
        }

        private int ReadLine()
        {
            int number = ReadNumber(lines, ref _lineAt);
            _line += (int)((uint)number >> 1) ^ -(number & 1);
            return _line;
        }

        private string ReadText()
        {
            int number = ReadNumber(content, ref _at);
            int length = number >> 1;
            ReadOnlySpan<byte> bytes = content.AsSpan(_at, length);
            _at += length;
            return (number & 1) == 0 ? Encoding.UTF8.GetString(bytes) : new string(MemoryMarshal.Cast<byte, char>(bytes));
        }

        private static int ReadNumber(byte[] from, ref int at)
        {
            uint number = 0;
            int shift = 0;
            byte next;
            do
            {
                next = from[at++];
                number |= (uint)(next & 0x7F) << shift;
                shift += 7;
            }
            while (next > 0x7F);

            return (int)number;
        }
    }
}
