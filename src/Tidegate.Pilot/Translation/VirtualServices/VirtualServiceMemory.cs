using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.Incremental;

namespace Tidegate.Pilot.Translation.VirtualServices;

/// <summary>What was made of the VirtualServices in the last pass.</summary>
internal sealed class VirtualServiceMemory
{
    public Memo<Identity<VirtualService>, BoundVirtualService> Resolved { get; } = new();

    public Memo<IdentityList, BoundVirtualService> Merged { get; } = new();
}
