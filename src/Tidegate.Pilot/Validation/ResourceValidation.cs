using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Validation;

/// <summary>Checks what an object says, as far as the object alone can tell.</summary>
internal static class ResourceValidation
{
    /// <summary>All that is wrong, and all that is worth a warning.</summary>
    public static IReadOnlyList<Diagnostic> Validate(Resource resource) => [];
}
