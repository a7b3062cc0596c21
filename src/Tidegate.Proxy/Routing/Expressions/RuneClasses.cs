using System.Buffers;
using System.Text;
using Tidegate.Rules.Expressions;

namespace Tidegate.Proxy.Routing.Expressions;

/// <summary>
/// The code points in classes: those of one class are the same to a program, whichever of its sets one asks. What is no UTF-8 is a class of its
/// own, which no set has, and so is the end of the text. Immutable.
/// </summary>
internal sealed class RuneClasses
{
    private const int AsciiCount = 0x80;

    private static readonly RuneSet Newline = RuneSet.Of('\n');
    private static readonly RuneSet Word = RuneSet.Of([('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')]);

    private readonly int[] _starts;
    private readonly ushort[] _classes;
    private readonly ushort[] _ascii = new ushort[AsciiCount];
    private readonly bool[] _isIn;
    private readonly TextContext[] _contexts;

    public RuneClasses(Re2Program program)
    {
        // 1. Between two neighbours of these no set changes.
        RuneSet[] sets = [.. program.Sets, Newline, Word];
        _starts = [.. sets.SelectMany(static set => set.Ranges).SelectMany(static range => new[] { range.First, range.Last + 1 }).Append(0).Distinct().Order()];

        // 2. Stretches that are in the same sets are one class.
        _classes = new ushort[_starts.Length];
        Dictionary<string, ushort> known = [];
        List<int> samples = [];
        var membership = new char[sets.Length];
        for (int i = 0; i < _starts.Length; i++)
        {
            for (int set = 0; set < sets.Length; set++)
            {
                membership[set] = sets[set].Contains(_starts[i]) ? '1' : '0';
            }

            string key = new(membership);
            if (!known.TryGetValue(key, out _classes[i]))
            {
                known.Add(key, _classes[i] = (ushort)samples.Count);
                samples.Add(_starts[i]);
            }
        }

        // 3. What is asked for every character.
        Invalid = samples.Count;
        End = samples.Count + 1;
        Count = samples.Count + 2;
        _isIn = new bool[program.Sets.Count * Count];
        _contexts = new TextContext[Count];
        for (int i = 0; i < samples.Count; i++)
        {
            _contexts[i] = Newline.Contains(samples[i]) ? TextContext.BehindNewline : Word.Contains(samples[i]) ? TextContext.BehindWord : TextContext.None;
            for (int set = 0; set < program.Sets.Count; set++)
            {
                _isIn[(set * Count) + i] = sets[set].Contains(samples[i]);
            }
        }

        for (int i = 0; i < AsciiCount; i++)
        {
            _ascii[i] = (ushort)Find(i);
        }
    }

    /// <summary>How many classes there are.</summary>
    public int Count { get; }

    /// <summary>The class of a byte that is not part of UTF-8.</summary>
    public int Invalid { get; }

    /// <summary>The class of what follows the last character.</summary>
    public int End { get; }

    /// <summary>Whether the code points of a class are in a set of the program.</summary>
    public bool IsIn(int set, int runeClass) => _isIn[(set * Count) + runeClass];

    /// <summary>What the place behind a character of a class is.</summary>
    public TextContext Behind(int runeClass) => _contexts[runeClass];

    /// <summary>The class of the first character, and how many bytes it has; <see cref="End"/> and 0 for no text.</summary>
    public int Next(ReadOnlySpan<byte> text, out int length)
    {
        if (text.IsEmpty)
        {
            length = 0;
            return End;
        }

        if (text[0] < AsciiCount)
        {
            length = 1;
            return _ascii[text[0]];
        }

        return Rune.DecodeFromUtf8(text, out Rune rune, out length) == OperationStatus.Done ? Find(rune.Value) : Invalid;
    }

    private int Find(int rune)
    {
        int at = Array.BinarySearch(_starts, rune);
        return _classes[at >= 0 ? at : ~at - 1];
    }
}

/// <summary>What stands before a place in a text.</summary>
[Flags]
internal enum TextContext : byte
{
    /// <summary>Some other character.</summary>
    None = 0,

    /// <summary>Nothing.</summary>
    AtBegin = 1,

    /// <summary>A line feed.</summary>
    BehindNewline = 2,

    /// <summary>A letter, digit or underscore of ASCII.</summary>
    BehindWord = 4,
}
