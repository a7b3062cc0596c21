using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Translation.Origins;

/// <summary>A field of an object that a user wrote.</summary>
/// <param name="Resource">The object.</param>
/// <param name="Path">The field, such as <c>spec.http[2]</c>; empty for the object as a whole.</param>
internal readonly record struct ObjectField(Resource Resource, string Path);
