using System.Globalization;
using System.Text;

namespace Tidegate.Printing;

/// <summary>
/// Writes indented JSON as Go's encoder does: <c>&lt;</c>, <c>&gt;</c> and <c>&amp;</c> escaped, <c>[]</c> and <c>{}</c> when empty. Both the command line
/// (four spaces) and the admin pages (one, as Envoy) write with it.
/// </summary>
/// <param name="indent">Characters of indentation for each level.</param>
/// <param name="indentation">That character.</param>
public sealed class JsonText(int indent, char indentation = ' ')
{
    private readonly StringBuilder _text = new();
    private int _depth;
    private bool _isEmpty = true;
    private bool _followsName;

    /// <summary>Opens an object.</summary>
    public void StartObject() => Start('{');

    /// <summary>Closes an object.</summary>
    public void EndObject() => End('}');

    /// <summary>Opens an array.</summary>
    public void StartArray() => Start('[');

    /// <summary>Closes an array.</summary>
    public void EndArray() => End(']');

    /// <summary>Writes the name of a member; its value has to follow.</summary>
    public void Name(string name)
    {
        Separate();
        Quote(name);
        _text.Append(": ");
        _followsName = true;
    }

    /// <summary>Writes a string.</summary>
    public void String(string value)
    {
        Separate();
        Quote(value);
    }

    /// <summary>Writes a number, <c>true</c>, <c>false</c> or <c>null</c> as it stands.</summary>
    public void Literal(string value)
    {
        Separate();
        _text.Append(value);
    }

    /// <summary>Writes a floating-point number; one that JSON has no number for becomes a string, as canonical proto3 JSON wants it.</summary>
    public void Number(double value, bool isSingle = false)
    {
        if (!double.IsFinite(value))
        {
            String(double.IsNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
            return;
        }

        string text = isSingle ? ((float)value).ToString("R", CultureInfo.InvariantCulture) : value.ToString("R", CultureInfo.InvariantCulture);
        Literal(text.Replace('E', 'e'));
    }

    /// <summary>What has been written.</summary>
    public override string ToString() => _text.ToString();

    private void Start(char bracket)
    {
        Separate();
        _text.Append(bracket);
        _depth++;
        _isEmpty = true;
    }

    private void End(char bracket)
    {
        _depth--;
        if (!_isEmpty)
        {
            BreakLine();
        }

        _text.Append(bracket);
        _isEmpty = false;
    }

    private void Separate()
    {
        if (_followsName)
        {
            _followsName = false;
            _isEmpty = false;
            return;
        }

        if (!_isEmpty)
        {
            _text.Append(',');
        }

        if (_depth > 0)
        {
            BreakLine();
        }

        _isEmpty = false;
    }

    private void BreakLine() => _text.Append('\n').Append(indentation, _depth * indent);

    private void Quote(string value)
    {
        _text.Append('"');
        foreach (char c in value)
        {
            switch (c)
            {
                case '"':
                    _text.Append("\\\"");
                    break;
                case '\\':
                    _text.Append(@"\\");
                    break;
                case '\n':
                    _text.Append(@"\n");
                    break;
                case '\r':
                    _text.Append(@"\r");
                    break;
                case '\t':
                    _text.Append(@"\t");
                    break;
                case < ' ' or '<' or '>' or '&' or '\u2028' or '\u2029':
                    _text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
                    break;
                default:
                    _text.Append(c);
                    break;
            }
        }

        _text.Append('"');
    }
}
