using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Tidegate.Proxy.Runtime.Compilation;

/// <summary>What a compiler finds wrong with a resource (it is refused), and what it takes but does not act on (it is said once).</summary>
internal sealed class CompileReport
{
    private readonly List<string> _reasons = [];
    private readonly List<string> _notes = [];

    /// <summary>All that is wrong; empty when the resource can be used.</summary>
    public IReadOnlyList<string> Reasons => _reasons;

    /// <summary>What is taken and not acted on.</summary>
    public IReadOnlyList<string> Notes => _notes;

    /// <summary>The resource as a whole.</summary>
    public CompileScope Root => new(this, string.Empty);

    internal void AddReason(string reason) => _reasons.Add(reason);

    internal void AddNote(string note)
    {
        if (!_notes.Contains(note))
        {
            _notes.Add(note);
        }
    }
}

/// <summary>A place in a resource, for messages: <c>virtual_hosts[0].routes[2].match</c>.</summary>
internal readonly struct CompileScope(CompileReport report, string path)
{
    /// <summary>A field of this place.</summary>
    public CompileScope At(string field) => new(report, path.Length == 0 ? field : $"{path}.{field}");

    /// <summary>A member of a list of this place.</summary>
    public CompileScope At(string field, int index) => At($"{field}[{index}]");

    /// <summary>Something is wrong: the resource is refused.</summary>
    public void Refuse(string reason) => report.AddReason(path.Length == 0 ? reason : $"{path}: {reason}");

    /// <summary>Something is wrong when the condition holds.</summary>
    public void RefuseIf(bool isWrong, string reason)
    {
        if (isWrong)
        {
            Refuse(reason);
        }
    }

    /// <summary>Something is taken and not acted on.</summary>
    public void NoteIf(bool isThere, string note)
    {
        if (isThere)
        {
            report.AddNote(note);
        }
    }

    /// <summary>Takes a message out of its envelope; refuses when it is of another type or broken.</summary>
    public bool TryUnpack<T>(Any? packed, [NotNullWhen(true)] out T? message)
        where T : class, IMessage<T>, new()
    {
        message = null;
        if (packed is null)
        {
            Refuse("typed_config is missing");
            return false;
        }

        try
        {
            if (packed.TryUnpack(out T unpacked))
            {
                message = unpacked;
                return true;
            }

            Refuse($"type {TypeNameOf(packed)} found, {new T().Descriptor.FullName} expected");
        }
        catch (InvalidProtocolBufferException exception)
        {
            Refuse($"the message of type {TypeNameOf(packed)} is broken: {exception.Message}");
        }

        return false;
    }

    /// <summary>The full name of the type in an envelope.</summary>
    public static string TypeNameOf(Any packed) => packed.TypeUrl[(packed.TypeUrl.LastIndexOf('/') + 1)..];

    /// <summary>A duration in milliseconds, the rest of a millisecond rounded up; refuses a negative one.</summary>
    public long Milliseconds(Duration duration)
    {
        if (duration.Seconds < 0 || duration.Nanos < 0 || duration.Seconds > long.MaxValue / 2000)
        {
            Refuse($"the duration {duration} is out of range");
            return 0;
        }

        return (duration.Seconds * 1000) + ((duration.Nanos + 999_999) / 1_000_000);
    }

    /// <summary>A duration in milliseconds, null when it is not set.</summary>
    public long? MillisecondsOrNull(Duration? duration) => duration is null ? null : Milliseconds(duration);
}
