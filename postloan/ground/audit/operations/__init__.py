from postloan.ground.audit.operations._record_act import record_act

__all__ = ["record_act"]
