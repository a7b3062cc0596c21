using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Xds;

namespace Tidegate.Proxy.Compilation;

/// <summary>A place in a unit of a resource, for messages: <c>virtual_hosts["shop:80"].routes[2].match</c>.</summary>
/// <param name="unit">The unit, which is what a fault at this place costs.</param>
/// <param name="path">The place in the resource.</param>
internal readonly struct CompileScope(CompileUnit unit, string path)
{
    /// <summary>How much was found wrong with the unit so far.</summary>
    public int FaultCount => unit.Reasons.Count;

    /// <summary>The report of the resource.</summary>
    public CompileReport Report => unit.Report;

    /// <summary>A field of this place.</summary>
    public CompileScope At(string field) => new(unit, path.Length == 0 ? field : $"{path}.{field}");

    /// <summary>A member of a list of this place.</summary>
    public CompileScope At(string field, int index) => At($"{field}[{index}]");

    /// <summary>A member of a list of this place that is told apart by its name.</summary>
    public CompileScope Named(string field, string name) => At($"{field}[\"{name}\"]");

    /// <summary>Begins a unit at this place: what is wrong in its scope costs nothing around it.</summary>
    /// <param name="origin">The object that it says it comes from; null for that of the unit around it.</param>
    public CompileUnit BeginUnit(string? origin = null) => new(unit.Report, path, origin ?? unit.Origin);

    /// <summary>Something is wrong: the unit is refused.</summary>
    public void Refuse(string reason) => unit.Refuse(path, reason);

    /// <summary>Something is wrong when the condition holds.</summary>
    public void RefuseIf(bool isWrong, string reason)
    {
        if (isWrong)
        {
            Refuse(reason);
        }
    }

    /// <summary>What stands here is left out alone when the condition holds: everything else of the unit can do without it.</summary>
    public void LeaveOutIf(bool isWrong, string reason)
    {
        if (isWrong)
        {
            unit.Report.Add(new XdsRefusedUnit(path, reason, unit.Origin, KeepsLastGood: false));
        }
    }

    /// <summary>Something is wrong when there is a problem with it.</summary>
    public void RefuseIf(string? problem)
    {
        if (problem is not null)
        {
            Refuse(problem);
        }
    }

    /// <summary>Something is taken and not acted on.</summary>
    public void NoteIf(bool isThere, string note)
    {
        if (isThere)
        {
            unit.Report.AddNote(note);
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

        if (Resolve(packed) is not { } resolved)
        {
            return false;
        }

        packed = resolved;
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

    /// <summary>What an envelope holds, taken out of the fields in JSON where it is given so (<see cref="TypedStructs"/>); null when it was refused.</summary>
    public Any? Resolve(Any packed)
    {
        if (TypedStructs.TryResolve(packed, out Any resolved, out string error))
        {
            return resolved;
        }

        Refuse($"the fields of {TypeNameOf(packed)} are not those of its type: {error}");
        return null;
    }

    /// <summary>The full name of the type in an envelope.</summary>
    public static string TypeNameOf(Any packed) => TypedStructs.TypeNameOf(packed);

    /// <summary>Whether a duration can be waited for.</summary>
    public static bool IsInRange(Duration duration) => duration is { Seconds: >= 0 and <= long.MaxValue / 2000, Nanos: >= 0 };

    /// <summary>A duration in milliseconds, the rest of a millisecond rounded up; refuses a negative one.</summary>
    public long Milliseconds(Duration duration)
    {
        if (!IsInRange(duration))
        {
            Refuse($"the duration {duration} is out of range");
            return 0;
        }

        return (duration.Seconds * 1000) + ((duration.Nanos + 999_999) / 1_000_000);
    }

    /// <summary>A duration in milliseconds, null when it is not set.</summary>
    public long? MillisecondsOrNull(Duration? duration) => duration is null ? null : Milliseconds(duration);
}
