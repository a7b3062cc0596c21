using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Translation.Security;

/// <summary>
/// A value of a Secret that a policy's filters use. Whoever puts it here has made sure that the policy may use it: it is served from whatever namespace it names.
/// </summary>
/// <param name="Name">The value.</param>
/// <param name="Policy">The policy.</param>
/// <param name="Path">The field of the policy that asks for it.</param>
internal sealed record PolicySecret(GenericSecretName Name, Resource Policy, string Path);
